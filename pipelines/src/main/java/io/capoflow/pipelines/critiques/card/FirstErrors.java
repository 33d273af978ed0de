package io.capoflow.pipelines.critiques.card;

import io.capoflow.schemas.StepCritique;
import io.capoflow.transforms.vote.VotingRules;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Where solutions go wrong first: the index of the step, or {@link #NONE}. ProcessBench (Zheng et
 * al., arXiv:2412.06559, section 3) labels and predicts solutions so.
 */
final class FirstErrors {
  /** No step is wrong. */
  static final int NONE = -1;

  private FirstErrors() {}

  /**
   * The label: the first wrong step, where all before it are known to be right, or none, where all
   * are known to be right. Empty where that is not known, and where there are no steps.
   */
  static OptionalInt label(int steps, List<Boolean> truth) {
    for (int step = 0; step < truth.size(); step++) {
      Boolean right = truth.get(step);
      if (right == null) {
        return OptionalInt.empty();
      }
      if (!right) {
        return OptionalInt.of(step);
      }
    }
    return steps > 0 && truth.size() == steps ? OptionalInt.of(NONE) : OptionalInt.empty();
  }

  /**
   * The majority over first errors: each critique that is not void predicts the first step that it
   * calls wrong, or none, and the most frequent prediction counts; of those that are equally
   * frequent the one that came first. Empty where all are void.
   *
   * @param critiques in the order of critics and indices
   */
  static OptionalInt majority(List<StepCritique> critiques) {
    Map<Integer, Integer> counts = new LinkedHashMap<>();
    for (StepCritique critique : critiques) {
      if (critique.getVoidReason() == null) {
        int prediction =
            critique.getWrongSteps().stream().mapToInt(step -> step).min().orElse(NONE);
        counts.merge(prediction, 1, Integer::sum);
      }
    }
    OptionalInt most = OptionalInt.empty();
    int votes = 0;
    for (Map.Entry<Integer, Integer> entry : counts.entrySet()) {
      if (entry.getValue() > votes) {
        votes = entry.getValue();
        most = OptionalInt.of(entry.getKey());
      }
    }
    return most;
  }

  /**
   * The first step whose weight is at least a half, or none. Empty where there was no quorum, which
   * the lack of weights says.
   *
   * @param weights one a step
   */
  static OptionalInt voted(List<Double> weights) {
    if (weights.isEmpty()) {
      return OptionalInt.empty();
    }
    for (int step = 0; step < weights.size(); step++) {
      if (weights.get(step) >= VotingRules.WRONG_FROM) {
        return OptionalInt.of(step);
      }
    }
    return OptionalInt.of(NONE);
  }
}
