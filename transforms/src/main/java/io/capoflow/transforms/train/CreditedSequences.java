package io.capoflow.transforms.train;

import io.capoflow.models.learning.PolicyLearner;
import io.capoflow.models.learning.TrainingSequence;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.TrainingBatch;
import io.capoflow.transforms.storage.ShardStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An iteration's committed credits by rollout, with what the policy and the reference thought of
 * them before the first step.
 */
final class CreditedSequences {
  private final Map<String, CreditedRollout> rollouts;
  private final Map<String, float[]> oldLogProbabilities = new HashMap<>();
  private final Map<String, float[]> referenceLogProbabilities = new HashMap<>();

  private CreditedSequences(Map<String, CreditedRollout> rollouts) {
    this.rollouts = rollouts;
  }

  /** Reads all committed shards. */
  static CreditedSequences of(ShardStore<CreditedRollout> credits) {
    Map<String, CreditedRollout> rollouts = new HashMap<>();
    credits
        .commits()
        .forEach(
            commit ->
                credits
                    .read(commit)
                    .forEach(rollout -> rollouts.put(rollout.getRolloutId(), rollout)));
    return new CreditedSequences(rollouts);
  }

  /**
   * Computes every rollout's log-probabilities once, in the micro-batches of the first epoch that
   * holds it.
   */
  void evaluateOnce(List<TrainingBatch> batches, PolicyLearner learner) {
    for (TrainingBatch batch : batches) {
      List<String> ids = batch.getRolloutIds();
      if (oldLogProbabilities.keySet().containsAll(ids)) {
        continue;
      }
      List<TrainingSequence> sequences = of(ids);
      put(oldLogProbabilities, ids, learner.logProbabilities(sequences));
      put(referenceLogProbabilities, ids, learner.referenceLogProbabilities(sequences));
    }
  }

  List<TrainingSequence> of(List<String> rolloutIds) {
    return rolloutIds.stream().map(id -> sequence(rollout(id))).toList();
  }

  float[][] oldLogProbabilities(List<String> rolloutIds) {
    return rolloutIds.stream().map(oldLogProbabilities::get).toArray(float[][]::new);
  }

  /** No arrays at all where there is no reference, as the learner expects. */
  float[][] referenceLogProbabilities(List<String> rolloutIds) {
    return referenceLogProbabilities.isEmpty()
        ? new float[0][]
        : rolloutIds.stream().map(referenceLogProbabilities::get).toArray(float[][]::new);
  }

  /** How far the sampler's log-probabilities are from the learner's own. */
  Mismatch mismatch() {
    double sum = 0;
    double largest = 0;
    long tokens = 0;
    for (String id : oldLogProbabilities.keySet().stream().sorted().toList()) {
      float[] old = oldLogProbabilities.get(id);
      List<Float> behaviour = rollout(id).getBehaviourLogprobs();
      for (int t = 0; t < old.length; t++) {
        double difference = Math.abs((double) old[t] - behaviour.get(t));
        sum += difference;
        largest = Math.max(largest, difference);
        tokens++;
      }
    }
    return new Mismatch(tokens == 0 ? 0 : sum / tokens, largest);
  }

  /**
   * |log π_old by the learner - log π by the sampler|, over response tokens, in nats.
   *
   * @param mean over tokens
   */
  record Mismatch(double mean, double largest) {}

  private CreditedRollout rollout(String id) {
    CreditedRollout rollout = rollouts.get(id);
    if (rollout == null) {
      throw new IllegalStateException("a batch names " + id + ", which has no committed credit");
    }
    return rollout;
  }

  private static TrainingSequence sequence(CreditedRollout rollout) {
    List<Double> advantages = rollout.getAdvantages();
    float[] narrow = new float[advantages.size()];
    for (int t = 0; t < narrow.length; t++) {
      narrow[t] = advantages.get(t).floatValue();
    }
    return new TrainingSequence(
        unboxed(rollout.getPromptTokenIds()), unboxed(rollout.getResponseTokenIds()), narrow);
  }

  private static int[] unboxed(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }

  private static void put(Map<String, float[]> target, List<String> ids, float[][] values) {
    for (int i = 0; i < values.length; i++) {
      target.put(ids.get(i), values[i]);
    }
  }
}
