package io.capoflow.pipelines.critiques.card;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Shows ten rows, chosen by a rule. */
final class ExampleSection {
  private ExampleSection() {}

  static String of(DatasetStatistics statistics, CriticNames names) {
    Map<ExampleKind, List<Example>> chosen = statistics.examples().chosen();
    int shown = chosen.values().stream().mapToInt(List::size).sum();
    if (shown == 0) {
      return "## Examples\n\nThere are no rows to show.\n";
    }
    StringBuilder text = new StringBuilder("## Examples\n\n");
    text.append(
        "Chosen by a rule: %d where all valid critiques call the same step wrong, the %d with the lowest agreement, %d whose answer is right though a step is voted wrong, and %d where no valid critique calls a step wrong. Of rows in the same place, those come first whose `rollout_id` has the smallest SHA-256. Long texts are cut.\n"
            .formatted(
                ExampleKind.AGREED.wanted(),
                ExampleKind.DISPUTED.wanted(),
                ExampleKind.FLAWED_POSITIVE.wanted(),
                ExampleKind.AGREED_RIGHT.wanted()));
    text.append(shortage(chosen, shown));
    for (ExampleKind kind : ExampleKind.values()) {
      List<Example> examples = chosen.get(kind);
      if (!examples.isEmpty()) {
        text.append("\n### ").append(kind.heading()).append('\n');
      }
      for (Example example : examples) {
        text.append('\n').append(Markdown.fenced("text", lines(example, names)));
      }
    }
    return text.toString();
  }

  /** Says which kinds had too few rows. */
  private static String shortage(Map<ExampleKind, List<Example>> chosen, int shown) {
    List<String> few = new ArrayList<>();
    for (ExampleKind kind : ExampleKind.values()) {
      int found = chosen.get(kind).size();
      if (found < kind.wanted()) {
        few.add("%s %d of %d".formatted(kind.shortly(), found, kind.wanted()));
      }
    }
    if (few.isEmpty()) {
      return "";
    }
    return "\nThere are too few rows of some kinds (%s)%s.\n"
        .formatted(
            String.join(", ", few),
            shown == ExampleChoice.WANTED
                ? "; others stand in their place"
                : "; all rows are shown");
  }

  private static List<String> lines(Example example, CriticNames names) {
    List<String> lines = new ArrayList<>(example.lines());
    example.critic().ifPresent(critic -> lines.add("critic: " + names.of(critic)));
    lines.addAll(example.critique());
    return lines;
  }
}
