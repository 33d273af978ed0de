package io.capoflow.pipelines.critiques.card;

import io.capoflow.pipelines.critiques.card.CardFacts.SourceFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Says what the dataset is, and how it was made. */
final class MakingSection {
  private static final Map<String, String> RULES =
      Map.of(
          "intersection", "all valid critiques call it wrong",
          "majority", "at least half of the valid critiques call it wrong",
          "strict_majority", "more than half of the valid critiques call it wrong",
          "union", "any valid critique calls it wrong",
          "average", "half of the valid critiques or more call it wrong",
          "greedy", "the only critique, drawn at temperature 0, calls it wrong");

  private MakingSection() {}

  static String of(CardFacts facts, DatasetStatistics statistics) {
    return """
        # %s

        %s

        ## How it was made

        Each critic read the problem and all steps of a response at once. It wrote a critique, called the response correct or not, and listed the steps that are wrong. \
        A critique that failed, or in which no list of steps could be read, is void: it is kept with the reason, and takes no part in a vote.

        %s
        %s
        %s

        %s
        %s\
        """
        .formatted(
            Markdown.text(facts.name()),
            summary(statistics),
            critics(facts),
            vote(facts),
            verification(facts, statistics),
            sources(facts),
            additions(facts));
  }

  private static String summary(DatasetStatistics statistics) {
    ContentFigures content = statistics.content();
    if (content.rows() == 0) {
      return "Critiques of the steps of rollouts. The dataset has no rows yet.";
    }
    return "Critiques of %s to %s, step by step: %s of %s in all. Steps are numbered from 0."
        .formatted(
            counted(content.rows(), "response"),
            counted(content.problems(), "problem"),
            counted(statistics.allCritics().critiques(), "critique"),
            counted(content.steps(), "step"));
  }

  private static String critics(CardFacts facts) {
    if (facts.critics().isEmpty()) {
      return "No critic is recorded.\n";
    }
    List<List<String>> rows = new ArrayList<>();
    for (CriticFacts critic : facts.critics()) {
      rows.add(
          List.of(
              Markdown.name(critic.name()),
              Markdown.name(critic.model()),
              Markdown.name(critic.template()),
              Numbers.count(critic.critiques()),
              critic.settings().entrySet().stream()
                  .map(entry -> Markdown.text(entry.getKey() + " " + entry.getValue()))
                  .collect(Collectors.joining(", "))));
    }
    return Markdown.table(
        List.of("critic", "model", "prompt template", "critiques of a response", "drawn with"),
        rows);
  }

  private static String vote(CardFacts facts) {
    String rule = RULES.get(facts.rule());
    return "The voting rule of the recipe is %s%s. It takes a quorum: at least half of the critiques must be valid. The column `labels` holds what other rules make of the same critiques."
        .formatted(
            Markdown.name(facts.rule()),
            rule == null ? "" : ": a step counts as wrong where " + rule);
  }

  private static String verification(CardFacts facts, DatasetStatistics statistics) {
    ContentFigures content = statistics.content();
    if (content.rows() > 0 && content.answersUnknown() == content.rows()) {
      return "No final answer was verified: no gold answer is known.";
    }
    return facts
        .verifier()
        .map(
            verifier ->
                "Final answers were compared with gold answers by %s."
                    .formatted(Markdown.name(verifier)))
        .orElse("No final answer was verified.");
  }

  private static String sources(CardFacts facts) {
    if (facts.sources().isEmpty()) {
      return "No source file is recorded.\n";
    }
    List<List<String>> rows = new ArrayList<>();
    for (SourceFile source : facts.sources()) {
      rows.add(List.of(Markdown.name(source.file()), Numbers.count(source.rows())));
    }
    return Markdown.table(List.of("source file", "rows"), rows);
  }

  private static String additions(CardFacts facts) {
    StringBuilder text = new StringBuilder();
    text.append(
        facts.additions() > 1
            ? "Rows were added %s times. ".formatted(Numbers.count(facts.additions()))
            : "All rows were added at once. ");
    text.append(
        facts.duplicates() > 0
            ? "%s that came before %s left out. "
                .formatted(
                    counted(facts.duplicates(), "row"), facts.duplicates() == 1 ? "was" : "were")
            : "No row came twice. ");
    long rejected = facts.rejected().values().stream().mapToLong(Long::longValue).sum();
    if (rejected == 0) {
      return text.append("No row was rejected.\n").toString();
    }
    text.append(
        "%s could not be used and %s in `rejected/`:\n\n"
            .formatted(counted(rejected, "row"), rejected == 1 ? "lies" : "lie"));
    List<List<String>> rows = new ArrayList<>();
    facts
        .rejected()
        .forEach((reason, count) -> rows.add(List.of(Markdown.name(reason), Numbers.count(count))));
    return text.append(Markdown.table(List.of("rejected because", "rows"), rows)).toString();
  }

  private static String counted(long count, String noun) {
    return "%s %s".formatted(Numbers.count(count), count == 1 ? noun : noun + "s");
  }
}
