package io.capoflow.datasets.rollouts;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What a source says of each step: true where it is right, false where it is wrong, null where it
 * says nothing.
 */
final class StepTruth {
  /** Nothing is known of any step. */
  static final List<Boolean> UNKNOWN = List.of();

  private StepTruth() {}

  /**
   * Truth by the first mistake: the steps before it are right, it is wrong, and nobody looked at
   * those after it.
   *
   * @param first index of the step, from 0; null or -1 where there is no mistake and all are right
   * @param column that holds it, for the error to name
   * @throws BadRolloutException when it is the index of no step
   */
  static List<Boolean> byFirstMistake(JsonNode first, int steps, String column)
      throws BadRolloutException {
    if (!first.isNull() && !isWhole(first)) {
      throw new BadRolloutException(
          RolloutRejection.BAD_LABEL, column + ": is no whole number, and not null");
    }
    int mistake = first.isNull() ? -1 : first.intValue();
    if (mistake < -1 || mistake >= steps) {
      throw new BadRolloutException(
          RolloutRejection.BAD_LABEL,
          "%s: is %d, but the steps are 0 to %d, and -1 means no mistake"
              .formatted(column, mistake, steps - 1));
    }
    List<Boolean> truth = new ArrayList<>();
    for (int step = 0; step < steps; step++) {
      boolean before = mistake < 0 || step < mistake;
      boolean known = before || step == mistake;
      truth.add(known ? Boolean.valueOf(before) : null);
    }
    return Collections.unmodifiableList(truth);
  }

  /** Whether a number is an int, be it written as 3.0: tables with nulls in them have such. */
  static boolean isWhole(JsonNode value) {
    return value.isNumber() && value.canConvertToInt() && value.canConvertToExactIntegral();
  }
}
