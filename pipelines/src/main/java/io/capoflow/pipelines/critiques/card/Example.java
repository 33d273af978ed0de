package io.capoflow.pipelines.critiques.card;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.StepCritique;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A row as a card shows it: cut, so that it can be held. Immutable.
 *
 * @param lines what the card shows before the critique
 * @param critic who wrote the critique that is shown; empty where there is none
 * @param critique what the card shows of it
 */
record Example(
    String rolloutId, List<String> lines, Optional<String> critic, List<String> critique) {
  private static final int QUESTION_CHARACTERS = 400;
  private static final int STEP_CHARACTERS = 240;
  private static final int CRITIQUE_CHARACTERS = 500;
  private static final int ANSWER_CHARACTERS = 80;
  private static final int STEPS = 8;

  Example {
    requireNonNull(rolloutId, "rolloutId");
    lines = List.copyOf(lines);
    requireNonNull(critic, "critic");
    critique = List.copyOf(critique);
  }

  static Example of(CritiquedRollout row) {
    Optional<StepCritique> shown = typical(row);
    return new Example(
        row.getRolloutId(),
        lines(row),
        shown.map(StepCritique::getCritic),
        shown.map(Example::lines).orElse(List.of()));
  }

  /**
   * The first valid critique that says what the vote says, else the first valid, else the first.
   */
  private static Optional<StepCritique> typical(CritiquedRollout row) {
    List<StepCritique> critiques = row.getCritiques();
    List<StepCritique> valid =
        critiques.stream().filter(critique -> critique.getVoidReason() == null).toList();
    return valid.stream()
        .filter(critique -> critique.getWrongSteps().equals(row.getWrongSteps()))
        .findFirst()
        .or(() -> valid.stream().findFirst())
        .or(() -> critiques.stream().findFirst());
  }

  private static List<String> lines(CritiquedRollout row) {
    List<String> lines = new ArrayList<>();
    lines.add("rollout_id: " + cut(row.getRolloutId(), ANSWER_CHARACTERS));
    lines.add("source: " + cut(row.getSource(), ANSWER_CHARACTERS));
    lines.add("question:");
    indent(row.getQuestion(), QUESTION_CHARACTERS, lines);
    lines.add(answer(row));
    lines.add(
        row.getWrongSteps() == null
            ? "voted wrong: no quorum"
            : "voted wrong (%s): %s".formatted(row.getRule(), steps(row.getWrongSteps())));
    List<StepCritique> valid =
        row.getCritiques().stream().filter(critique -> critique.getVoidReason() == null).toList();
    int[] votes = AgreementFigures.wrongVotes(row.getSteps().size(), valid);
    for (int step = 0; step < Math.min(STEPS, votes.length); step++) {
      lines.add(
          "step %d, called wrong by %d of %d%s:"
              .formatted(step, votes[step], valid.size(), truth(row, step)));
      indent(row.getSteps().get(step), STEP_CHARACTERS, lines);
    }
    if (votes.length > STEPS) {
      lines.add("… and %d more steps".formatted(votes.length - STEPS));
    }
    return lines;
  }

  private static String answer(CritiquedRollout row) {
    String found =
        Optional.ofNullable(row.getExtracted())
            .map(extracted -> cut(extracted, ANSWER_CHARACTERS))
            .orElse("none found");
    return row.getOutcome() == null
        ? "answer: no gold answer is known"
        : "answer: %s; gold answer: %s; %s"
            .formatted(
                found,
                cut(Optional.ofNullable(row.getAnswer()).orElse("unknown"), ANSWER_CHARACTERS),
                row.getOutcome() == 1 ? "right" : "wrong");
  }

  private static String truth(CritiquedRollout row, int step) {
    Boolean right = step < row.getTruth().size() ? row.getTruth().get(step) : null;
    if (right == null) {
      return "";
    }
    return right ? ", in truth right" : ", in truth wrong";
  }

  private static List<String> lines(StepCritique critique) {
    List<String> lines = new ArrayList<>();
    lines.add(
        critique.getVoidReason() == null
            ? "critique %d, which calls wrong: %s"
                .formatted(critique.getCritiqueIndex(), steps(critique.getWrongSteps()))
            : "critique %d, void (%s)"
                .formatted(critique.getCritiqueIndex(), critique.getVoidReason()));
    indent(critique.getText(), CRITIQUE_CHARACTERS, lines);
    return lines;
  }

  private static String steps(List<Integer> steps) {
    return steps.isEmpty() ? "no step" : steps.toString();
  }

  private static void indent(String text, int characters, List<String> lines) {
    cut(text, characters).lines().forEach(line -> lines.add("    " + line.replace("\t", "    ")));
  }

  /** Counts what it leaves out. */
  private static String cut(String text, int characters) {
    int length = text.codePointCount(0, text.length());
    return length <= characters
        ? text
        : "%s… (%,d more characters)"
            .formatted(
                text.substring(0, text.offsetByCodePoints(0, characters)), length - characters);
  }
}
