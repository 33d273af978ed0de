package io.capoflow.models.learning;

import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.schemas.Draws;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.IntStream;

/** Hand-made training data for the tiny models. */
final class Samples {
  static final AdamWSettings ADAMW = new AdamWSettings(0.9, 0.95, 1e-8, 0.01, 1);

  private Samples() {}

  /** Ragged sequences, one of them without a response, with advantages of both signs. */
  static List<TrainingSequence> sequences(long seed) {
    return List.of(
        sequence(seed, 3, 6),
        sequence(seed + 1, 5, 0),
        sequence(seed + 2, 1, 9),
        sequence(seed + 3, 8, 1),
        sequence(seed + 4, 4, 5));
  }

  static TrainingSequence sequence(long seed, int promptLength, int responseLength) {
    long key = Draws.key("sequence", seed);
    float[] advantages = new float[responseLength];
    for (int t = 0; t < responseLength; t++) {
      advantages[t] = (float) (2 * Draws.uniform(Draws.key("advantage", seed), t) - 1);
    }
    return new TrainingSequence(
        tokens(key, 0, promptLength), tokens(key, promptLength, responseLength), advantages);
  }

  /** Log-probabilities moved by up to ± spread, as an older policy's would be. */
  static float[][] moved(float[][] logProbabilities, double spread, long seed) {
    List<float[]> moved = new ArrayList<>();
    for (int i = 0; i < logProbabilities.length; i++) {
      float[] row = logProbabilities[i].clone();
      for (int t = 0; t < row.length; t++) {
        row[t] += (float) (spread * (2 * Draws.uniform(Draws.key("moved", seed, i), t) - 1));
      }
      moved.add(row);
    }
    return moved.toArray(float[][]::new);
  }

  /** Steps on batches of their own, so that a learner can stop after any and another go on. */
  static void train(PolicyLearner learner, int from, int to) {
    for (int step = from; step < to; step++) {
      List<TrainingSequence> batch = sequences(100L * step);
      learner.accumulate(
          batch,
          moved(learner.logProbabilities(batch), 0.3, step),
          learner.referenceLogProbabilities(batch),
          batch.size());
      learner.apply(1e-3);
    }
  }

  /** The numbers of float32 tensors, in the order of their names. */
  static double[] values(SortedMap<String, TensorData> tensors) {
    return tensors.values().stream()
        .flatMapToDouble(
            tensor -> {
              FloatBuffer values =
                  tensor.bytes().duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
              return IntStream.range(0, values.limit()).mapToDouble(values::get);
            })
        .toArray();
  }

  private static int[] tokens(long key, int from, int count) {
    return IntStream.range(from, from + count)
        .map(t -> Draws.integer(key, t, TinyModels.VOCABULARY))
        .toArray();
  }
}
