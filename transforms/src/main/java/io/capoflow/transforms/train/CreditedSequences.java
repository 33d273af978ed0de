package io.capoflow.transforms.train;

import io.capoflow.models.learning.PolicyLearner;
import io.capoflow.models.learning.TrainingSequence;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.TrainingBatch;
import io.capoflow.transforms.storage.ShardStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * An iteration's committed rollouts with their advantages, and with what the policy and the
 * reference thought of them before the first step.
 */
final class CreditedSequences {
  private final Map<String, Sample> samples;
  private final Map<String, float[]> oldLogProbabilities = new HashMap<>();
  private final Map<String, float[]> referenceLogProbabilities = new HashMap<>();

  /**
   * What the learner needs of a rollout, in a fraction of its row's memory.
   *
   * @param behaviour the sampler's log-probability of each response token, in nats
   */
  private record Sample(TrainingSequence sequence, float[] behaviour) {}

  private CreditedSequences(Map<String, Sample> samples) {
    this.samples = samples;
  }

  /** Reads all committed shards and joins them by rollout. */
  static CreditedSequences of(ShardStore<Rollout> rollouts, ShardStore<CreditedRollout> credits) {
    Map<String, float[]> advantages = new HashMap<>();
    each(
        credits, credit -> advantages.put(credit.getRolloutId(), narrowed(credit.getAdvantages())));
    Map<String, Sample> samples = new HashMap<>();
    each(
        rollouts,
        rollout -> {
          String id = rollout.getRolloutId();
          float[] credited = advantages.get(id);
          if (credited != null) {
            samples.put(id, sample(rollout, credited));
          }
        });
    return new CreditedSequences(samples);
  }

  private static <T extends SpecificRecordBase> void each(ShardStore<T> store, Consumer<T> use) {
    store.commits().forEach(commit -> store.read(commit).forEach(use));
  }

  private static Sample sample(Rollout rollout, float[] advantages) {
    int[] response = unboxed(rollout.getResponseTokenIds());
    if (advantages.length != response.length) {
      throw new IllegalStateException(
          "%s has %d tokens and %d advantages"
              .formatted(rollout.getRolloutId(), response.length, advantages.length));
    }
    List<Float> logProbabilities = rollout.getBehaviourLogprobs();
    float[] behaviour = new float[logProbabilities.size()];
    for (int t = 0; t < behaviour.length; t++) {
      behaviour[t] = logProbabilities.get(t);
    }
    return new Sample(
        new TrainingSequence(unboxed(rollout.getPromptTokenIds()), response, advantages),
        behaviour);
  }

  /**
   * Computes every rollout's log-probabilities once, in the mini-batches of the first epoch that
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
    return rolloutIds.stream().map(id -> sample(id).sequence()).toList();
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

  /** Response tokens that the batches hold together; those of a rollout count in every epoch. */
  long responseTokens(List<TrainingBatch> batches) {
    return batches.stream()
        .flatMap(batch -> of(batch.getRolloutIds()).stream())
        .mapToLong(sequence -> sequence.responseTokenIds().length)
        .sum();
  }

  /**
   * Tells how far each token of these rollouts was from the reference in a step; nothing where
   * there is no reference.
   *
   * @param now log π_θ as the step saw it
   */
  void measure(List<String> rolloutIds, int step, double[][] now, KlTokens distances) {
    for (int i = 0; i < now.length; i++) {
      String id = rolloutIds.get(i);
      float[] reference = referenceLogProbabilities.get(id);
      if (reference != null) {
        distances.add(step, id, sample(id).sequence().responseTokenIds(), now[i], reference);
      }
    }
  }

  /** How far the sampler's log-probabilities are from the learner's own; empty without tokens. */
  Optional<Mismatch> mismatch() {
    double sum = 0;
    double largest = 0;
    long tokens = 0;
    for (String id : oldLogProbabilities.keySet().stream().sorted().toList()) {
      float[] old = oldLogProbabilities.get(id);
      float[] behaviour = sample(id).behaviour();
      for (int t = 0; t < old.length; t++) {
        double difference = Math.abs((double) old[t] - behaviour[t]);
        sum += difference;
        largest = Math.max(largest, difference);
        tokens++;
      }
    }
    return tokens == 0 ? Optional.empty() : Optional.of(new Mismatch(sum / tokens, largest));
  }

  /**
   * |log π_old by the learner - log π by the sampler|, over response tokens, in nats.
   *
   * @param mean over tokens
   */
  record Mismatch(double mean, double largest) {}

  private Sample sample(String id) {
    Sample sample = samples.get(id);
    if (sample == null) {
      throw new IllegalStateException(
          "a batch names " + id + ", which has no committed rollout with its credit");
    }
    return sample;
  }

  private static float[] narrowed(List<Double> values) {
    float[] narrow = new float[values.size()];
    for (int t = 0; t < narrow.length; t++) {
      narrow[t] = values.get(t).floatValue();
    }
    return narrow;
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
