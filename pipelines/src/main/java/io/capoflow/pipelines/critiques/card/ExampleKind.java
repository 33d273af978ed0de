package io.capoflow.pipelines.critiques.card;

import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.StepCritique;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What an example shows. The order is that of the card; a row is shown under the first it fits. */
enum ExampleKind {
  /** All valid critiques call the same step wrong. */
  AGREED("Agreed: all valid critiques call the same step wrong", 3),
  /** Critiques contradict one another. */
  DISPUTED("Disputed: the critiques agree least", 3),
  /** The final answer is right, and a step is voted wrong. */
  FLAWED_POSITIVE("Flawed positive: the answer is right, and a step is voted wrong", 2),
  /** No valid critique calls a step wrong. */
  AGREED_RIGHT("Agreed: no valid critique calls a step wrong", 2),
  /** Any row, where the others are too few. */
  OTHER("Other", 0);

  private final String heading;
  private final int wanted;

  ExampleKind(String heading, int wanted) {
    this.heading = heading;
    this.wanted = wanted;
  }

  String heading() {
    return heading;
  }

  /** The kind in a word or two. */
  String shortly() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** Examples of the kind that a card has where there are as many. */
  int wanted() {
    return wanted;
  }

  /** Whether a row is one of the kind. */
  boolean fits(CritiquedRollout row) {
    return switch (this) {
      case AGREED -> row.getWrongSteps() != null && valid(row) > 0 && someStepIsAgreedWrong(row);
      case DISPUTED -> row.getAgreement() != null && row.getAgreement() < 1;
      case FLAWED_POSITIVE ->
          row.getOutcome() != null
              && row.getOutcome() == 1
              && row.getWrongSteps() != null
              && !row.getWrongSteps().isEmpty();
      case AGREED_RIGHT ->
          row.getWrongSteps() != null
              && valid(row) > 0
              && Arrays.stream(wrongVotes(row)).allMatch(votes -> votes == 0);
      case OTHER -> true;
    };
  }

  /** Rows of a smaller place come first; those of one place by the digests of their ids. */
  double place(CritiquedRollout row) {
    return this == DISPUTED ? row.getAgreement() : 0;
  }

  private static boolean someStepIsAgreedWrong(CritiquedRollout row) {
    int valid = valid(row);
    return Arrays.stream(wrongVotes(row)).anyMatch(votes -> votes == valid);
  }

  private static int valid(CritiquedRollout row) {
    return validCritiques(row).size();
  }

  private static int[] wrongVotes(CritiquedRollout row) {
    return AgreementFigures.wrongVotes(row.getSteps().size(), validCritiques(row));
  }

  private static List<StepCritique> validCritiques(CritiquedRollout row) {
    return row.getCritiques().stream()
        .filter(critique -> critique.getVoidReason() == null)
        .toList();
  }
}
