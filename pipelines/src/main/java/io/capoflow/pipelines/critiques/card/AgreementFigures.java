package io.capoflow.pipelines.critiques.card;

import io.capoflow.schemas.ExactSum;
import io.capoflow.schemas.StepCritique;
import java.util.List;
import java.util.OptionalDouble;

/**
 * How alike critiques are. A unit is a step of a rollout, a coder is a critique, and a void
 * critique is a missing value. For one thread.
 */
final class AgreementFigures {
  private final KrippendorffAlpha alpha = new KrippendorffAlpha(2);
  private final ExactSum alike = new ExactSum();
  private long rollouts;

  /**
   * Adds a rollout.
   *
   * @param steps that it has
   * @param valid its critiques that are not void
   */
  void add(int steps, List<StepCritique> valid) {
    int[] wrong = wrongVotes(steps, valid);
    int all = valid.size();
    long alikePairs = 0;
    for (int votes : wrong) {
      alpha.add(votes, all - votes);
      alikePairs += pairs(votes) + pairs(all - votes);
    }
    if (steps > 0 && all > 1) {
      rollouts++;
      alike.add((double) alikePairs / (pairs(all) * steps));
    }
  }

  /**
   * Of each step, how many of the critiques call it wrong.
   *
   * @throws IllegalArgumentException when one names a step that is none
   */
  static int[] wrongVotes(int steps, List<StepCritique> valid) {
    int[] wrong = new int[steps];
    for (StepCritique critique : valid) {
      for (int step : critique.getWrongSteps()) {
        if (step < 0 || step >= steps) {
          throw new IllegalArgumentException(
              "critique %d of %s names step %d of %d"
                  .formatted(critique.getCritiqueIndex(), critique.getCritic(), step, steps));
        }
        wrong[step]++;
      }
    }
    return wrong;
  }

  private static long pairs(int of) {
    return (long) of * (of - 1) / 2;
  }

  KrippendorffAlpha alpha() {
    return alpha;
  }

  /** Rollouts with steps and at least two valid critiques. */
  long rollouts() {
    return rollouts;
  }

  /**
   * Mean over {@linkplain #rollouts these rollouts} of the share of pairs of critiques that say the
   * same of a step, over all steps; empty where there are none.
   */
  OptionalDouble pairwise() {
    return rollouts == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(alike.value() / (double) rollouts);
  }
}
