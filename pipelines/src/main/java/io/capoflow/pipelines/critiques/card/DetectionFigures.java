package io.capoflow.pipelines.critiques.card;

import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.StepLabels;
import io.capoflow.worlds.truth.StepDetection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How well votes find the wrong steps, as {@link StepDetection} counts it, over those steps alone
 * of which the source says whether they are right. Wrong steps of a rollout without a quorum count
 * as missed. For one thread.
 */
final class DetectionFigures {
  /**
   * What one way of voting finds.
   *
   * @param known steps of which the source says whether they are right
   */
  record Detection(long rollouts, long known, StepDetection steps) {}

  private static final class Counts {
    private final StepDetection steps = new StepDetection();
    private long rollouts;
    private long known;
  }

  private final TreeMap<VoteKey, Counts> byVote = new TreeMap<>();

  void add(CritiquedRollout row) {
    List<Boolean> truth = row.getTruth();
    if (truth.stream().allMatch(known -> known == null)) {
      return;
    }
    for (StepLabels labels : row.getLabels()) {
      Counts counts =
          byVote.computeIfAbsent(
              new VoteKey(labels.getCritic(), labels.getRule()), key -> new Counts());
      counts.rollouts++;
      List<Double> weights = labels.getWeights();
      for (int step = 0; step < truth.size(); step++) {
        if (truth.get(step) != null) {
          counts.known++;
          counts.steps.add(weights.isEmpty() ? 0 : weights.get(step), !truth.get(step));
        }
      }
    }
  }

  /** By critic and rule; empty where no step is known. */
  SortedMap<VoteKey, Detection> byVote() {
    TreeMap<VoteKey, Detection> detections = new TreeMap<>();
    byVote.forEach(
        (vote, counts) ->
            detections.put(vote, new Detection(counts.rollouts, counts.known, counts.steps)));
    return Collections.unmodifiableSortedMap(detections);
  }
}
