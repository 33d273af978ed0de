package io.capoflow.transforms.train;

import io.capoflow.models.learning.TrainingSequence;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.ResponseLogProbabilities;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.TrainingBatch;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.storage.Stage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * An iteration's committed rollouts with their advantages, and with what the policy and the
 * reference thought of them before the first step. Where the policy was not asked, the iteration is
 * one optimizer step, and what that step saw is old.
 */
final class CreditedSequences {
  private final Map<String, Sample> samples;
  private final Map<String, float[]> oldLogProbabilities;
  private final Map<String, float[]> referenceLogProbabilities;
  private final Map<String, float[]> seen = new HashMap<>();

  /**
   * What the learner needs of a rollout, in a fraction of its row's memory.
   *
   * @param behaviour the sampler's log-probability of each response token, in nats
   */
  private record Sample(TrainingSequence sequence, float[] behaviour) {}

  private CreditedSequences(
      Map<String, Sample> samples,
      Map<String, float[]> oldLogProbabilities,
      Map<String, float[]> referenceLogProbabilities) {
    this.samples = samples;
    this.oldLogProbabilities = oldLogProbabilities;
    this.referenceLogProbabilities = referenceLogProbabilities;
  }

  /** Reads all committed shards and joins them by rollout. */
  static CreditedSequences of(
      ShardStore<Rollout> rollouts,
      ShardStore<CreditedRollout> credits,
      ShardStore<ResponseLogProbabilities> logProbabilities) {
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
    Map<String, float[]> old = new HashMap<>();
    Map<String, float[]> reference = new HashMap<>();
    each(
        logProbabilities,
        row -> {
          String id = row.getRolloutId();
          Optional.ofNullable(row.getOldLogprobs())
              .ifPresent(values -> old.put(id, unboxedFloats(values)));
          Optional.ofNullable(row.getReferenceLogprobs())
              .ifPresent(values -> reference.put(id, unboxedFloats(values)));
        });
    return new CreditedSequences(samples, old, reference);
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
    return new Sample(
        new TrainingSequence(unboxed(rollout.getPromptTokenIds()), response, advantages),
        unboxedFloats(rollout.getBehaviourLogprobs()));
  }

  /**
   * Refuses to begin without a log-probability of every response token that the batches hold.
   *
   * @param old whether the policy's are needed: they are in all but an update of one step
   * @param reference whether the reference's are
   * @throws IllegalStateException when a rollout has none, or not one a token
   */
  void requireLogProbabilities(List<TrainingBatch> batches, boolean old, boolean reference) {
    for (TrainingBatch batch : batches) {
      for (String id : batch.getRolloutIds()) {
        if (old || !oldLogProbabilities.isEmpty()) {
          requireEach(id, oldLogProbabilities, "policy");
        }
        if (reference) {
          requireEach(id, referenceLogProbabilities, "reference");
        }
      }
    }
  }

  private void requireEach(String id, Map<String, float[]> logProbabilities, String model) {
    int tokens = sample(id).behaviour().length;
    float[] found = logProbabilities.get(id);
    if (found == null || found.length != tokens) {
      throw new IllegalStateException(
          "%s has %d response tokens, and %s log-probabilities of the %s among the iteration's: take its folder %s away and run the training on, which computes them anew"
              .formatted(
                  id,
                  tokens,
                  found == null ? "no" : Integer.toString(found.length),
                  model,
                  Stage.LOG_PROBABILITIES.folder()));
    }
  }

  List<TrainingSequence> of(List<String> rolloutIds) {
    return rolloutIds.stream().map(id -> sample(id).sequence()).toList();
  }

  /** No arrays at all where the step's own are old, as the learner expects. */
  float[][] oldLogProbabilities(List<String> rolloutIds) {
    return of(rolloutIds, oldLogProbabilities);
  }

  /** No arrays at all where there is no reference, as the learner expects. */
  float[][] referenceLogProbabilities(List<String> rolloutIds) {
    return of(rolloutIds, referenceLogProbabilities);
  }

  private static float[][] of(List<String> rolloutIds, Map<String, float[]> logProbabilities) {
    return logProbabilities.isEmpty()
        ? new float[0][]
        : rolloutIds.stream().map(logProbabilities::get).toArray(float[][]::new);
  }

  /** Response tokens that the batches hold together; those of a rollout count in every epoch. */
  long responseTokens(List<TrainingBatch> batches) {
    return batches.stream()
        .flatMap(batch -> of(batch.getRolloutIds()).stream())
        .mapToLong(sequence -> sequence.responseTokenIds().length)
        .sum();
  }

  /**
   * Tells how far each token of these rollouts was from the reference in a step, where there is a
   * reference; and remembers what the step saw, where that is old.
   *
   * @param now log π_θ as the step saw it
   */
  void measure(List<String> rolloutIds, int step, double[][] now, KlTokens distances) {
    for (int i = 0; i < now.length; i++) {
      String id = rolloutIds.get(i);
      if (oldLogProbabilities.isEmpty()) {
        seen.put(id, narrowed(now[i]));
      }
      float[] reference = referenceLogProbabilities.get(id);
      if (reference != null) {
        distances.add(step, id, sample(id).sequence().responseTokenIds(), now[i], reference);
      }
    }
  }

  /**
   * How far the sampler's log-probabilities are from the policy's before the update, over the
   * rollouts that the batches hold, after their last step; empty without tokens.
   */
  Optional<Mismatch> mismatch(List<TrainingBatch> batches) {
    double sum = 0;
    double largest = 0;
    long tokens = 0;
    Map<String, float[]> before = oldLogProbabilities.isEmpty() ? seen : oldLogProbabilities;
    SortedSet<String> ids = new TreeSet<>();
    batches.forEach(batch -> ids.addAll(batch.getRolloutIds()));
    for (String id : ids) {
      float[] old = before.get(id);
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
   * |log π_old by the training forward - log π by the sampler|, over response tokens, in nats.
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

  private static float[] narrowed(double[] values) {
    float[] narrow = new float[values.length];
    for (int t = 0; t < narrow.length; t++) {
      narrow[t] = (float) values[t];
    }
    return narrow;
  }

  private static float[] unboxedFloats(List<Float> values) {
    float[] unboxed = new float[values.size()];
    for (int t = 0; t < unboxed.length; t++) {
      unboxed[t] = values.get(t);
    }
    return unboxed;
  }

  private static int[] unboxed(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }
}
