package io.capoflow.benchmarks;

import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.generation.Generated;
import io.capoflow.models.generation.GenerationRequest;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.learning.AdamWSettings;
import io.capoflow.models.learning.Layout;
import io.capoflow.models.learning.ObjectiveSettings;
import io.capoflow.models.learning.PolicyLearner;
import io.capoflow.models.learning.TrainingSequence;
import io.capoflow.schemas.Draws;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Tokens a second of sampling and training with the tiny world's model, and native memory over many
 * learner steps.
 *
 * <pre>{@code
 * OMP_WAIT_POLICY=PASSIVE java -Dai.djl.pytorch.num_threads=1 -cp … io.capoflow.benchmarks.TensorCore 2000
 * }</pre>
 */
public final class TensorCore {
  private static final int VOCABULARY = 48;
  private static final int PROMPT = 22;
  private static final int RESPONSE = 60;
  private static final int ROWS = 64;

  private TensorCore() {}

  /**
   * Prints what was measured.
   *
   * @param arguments learner steps for the memory figures; 2000 when left out
   */
  public static void main(String[] arguments) throws IOException {
    int steps = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 2_000;
    Path directory = Files.createTempDirectory("tensor-core");
    BenchmarkModels.writeTokenizer(directory, VOCABULARY);
    DecoderConfig config = BenchmarkModels.config(VOCABULARY, 64, 3, 4, 4, 192);
    try (CausalLm policy = ModelLoader.initialise(config, directory, 1, "cpu");
        CausalLm reference = ModelLoader.initialise(config, directory, 2, "cpu")) {
      sampling(policy);
      for (Layout layout : Layout.values()) {
        training(policy, reference, layout);
      }
      memory(policy, reference, steps);
    }
  }

  private static void sampling(CausalLm policy) {
    List<GenerationRequest> batch = new ArrayList<>();
    for (int i = 0; i < ROWS / 8; i++) {
      long prompt = i;
      batch.add(
          new GenerationRequest(
              tokens(prompt, PROMPT),
              LongStream.range(0, 8).map(s -> Draws.key("row", prompt, s)).toArray()));
    }
    for (double topP : new double[] {1, 0.9}) {
      SamplingParameters parameters = new SamplingParameters(1, topP, RESPONSE);
      double best = 0;
      for (int round = 0; round < 8; round++) {
        long start = System.nanoTime();
        long count =
            policy.generate(batch, parameters).stream()
                .flatMap(List::stream)
                .map(Generated::tokenIds)
                .mapToLong(ids -> ids.length)
                .sum();
        best = Math.max(best, count * 1e9 / (System.nanoTime() - start));
      }
      print("sampling, %d rows, top_p %.1f: %,.0f tokens/s (best of 8)", ROWS, topP, best);
    }
  }

  private static void training(CausalLm policy, CausalLm reference, Layout layout) {
    List<TrainingSequence> batch = batch(1, ROWS);
    int count = batch.stream().mapToInt(TrainingSequence::tokens).sum();
    try (PolicyLearner learner = learner(policy, reference, layout)) {
      double best = 0;
      double bestLogProbabilities = 0;
      for (int round = 0; round < 12; round++) {
        long start = System.nanoTime();
        float[][] old = learner.logProbabilities(batch);
        long middle = System.nanoTime();
        float[][] reference0 = learner.referenceLogProbabilities(batch);
        long before = System.nanoTime();
        learner.accumulate(batch, old, reference0, ROWS);
        learner.apply(1e-4);
        best = Math.max(best, count * 1e9 / (System.nanoTime() - before));
        bestLogProbabilities = Math.max(bestLogProbabilities, count * 1e9 / (middle - start));
      }
      print(
          "training, %d sequences, %s: %,.0f tokens/s; log-probabilities %,.0f tokens/s (best of"
              + " 12)",
          ROWS, layout, best, bestLogProbabilities);
    }
  }

  private static void memory(CausalLm policy, CausalLm reference, int steps) throws IOException {
    try (PolicyLearner learner = learner(policy, reference, Layout.PACKED)) {
      for (int step = 0; step <= steps; step++) {
        if (step % Math.max(1, steps / 10) == 0) {
          System.gc();
          print("step %,5d: resident %,d kB", step, ProcessMemory.residentKilobytes());
        }
        List<TrainingSequence> batch = batch(step, 16);
        learner.accumulate(
            batch,
            learner.logProbabilities(batch),
            learner.referenceLogProbabilities(batch),
            batch.size());
        learner.apply(1e-5);
      }
    }
  }

  private static PolicyLearner learner(CausalLm policy, CausalLm reference, Layout layout) {
    return new PolicyLearner(
        policy,
        Optional.of(reference),
        ObjectiveSettings.standard(0.01, 1),
        new AdamWSettings(0.9, 0.95, 1e-8, 0, 1),
        layout,
        Optional.empty());
  }

  /** Responses of a third to the whole of the usual length. */
  private static List<TrainingSequence> batch(long seed, int sequences) {
    List<TrainingSequence> batch = new ArrayList<>();
    for (int i = 0; i < sequences; i++) {
      long key = Draws.key("batch", seed, i);
      int length = RESPONSE / 3 + Draws.integer(key, 1L << 40, RESPONSE * 2 / 3);
      float[] advantages = new float[length];
      for (int t = 0; t < length; t++) {
        advantages[t] = (float) (Draws.uniform(key, t) - 0.5);
      }
      batch.add(new TrainingSequence(tokens(key, PROMPT), tokens(key + 1, length), advantages));
    }
    return batch;
  }

  private static int[] tokens(long key, int count) {
    return IntStream.range(0, count).map(t -> Draws.integer(key, t, VOCABULARY)).toArray();
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
