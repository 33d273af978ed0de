package io.capoflow.benchmarks;

import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.learning.AdamWSettings;
import io.capoflow.models.learning.ComputeSettings;
import io.capoflow.models.learning.Layout;
import io.capoflow.models.learning.ObjectiveSettings;
import io.capoflow.models.learning.PartSettings;
import io.capoflow.models.learning.PolicyLearner;
import io.capoflow.models.learning.TrainingSequence;
import io.capoflow.models.tensor.Precision;
import io.capoflow.schemas.Draws;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * By how much one gradient part's forward and backward passes make the process grow, of a model
 * with eight layers and a vocabulary of 16,000. Linux only. One setting a process, since an
 * allocator keeps what it once had.
 *
 * <pre>{@code
 * benchmarks/run TrainingMemory f32 false 1000000
 * benchmarks/run TrainingMemory f32 true 256
 * }</pre>
 */
public final class TrainingMemory {
  private static final int VOCABULARY = 16_000;
  private static final int ROWS = 16;
  private static final int PROMPT = 64;
  private static final int RESPONSE = 192;

  private TrainingMemory() {}

  /**
   * Prints the growth.
   *
   * @param arguments f32 or bf16; whether layers are recomputed; response tokens whose logits exist
   *     at a time
   */
  public static void main(String[] arguments) throws IOException {
    ComputeSettings compute =
        new ComputeSettings(
            Precision.valueOf(arguments[0].toUpperCase(Locale.ROOT)),
            Boolean.parseBoolean(arguments[1]),
            Integer.parseInt(arguments[2]));
    List<TrainingSequence> batch = batch();
    try (CausalLm policy = model();
        PolicyLearner learner =
            new PolicyLearner(
                policy,
                Optional.empty(),
                ObjectiveSettings.standard(0, 1),
                new AdamWSettings(0.9, 0.95, 1e-8, 0, 1),
                Layout.PADDED,
                compute,
                new PartSettings(Integer.MAX_VALUE, 1, Integer.MAX_VALUE),
                Optional.empty())) {
      float[][] old = new float[ROWS][RESPONSE];
      // Kernels are loaded before anything is counted.
      learner.accumulate(batch.subList(0, 1), new float[][] {old[0]}, new float[0][], 1);
      System.gc();
      ProcessMemory.forgetPeak();
      long before = ProcessMemory.residentKilobytes();
      learner.accumulate(batch, old, new float[0][], ROWS);
      long peak = ProcessMemory.peakKilobytes() - before;
      System.out.printf(
          Locale.ROOT,
          "%s, %d rows of %d tokens: %,d MiB beside weights, gradients and moments%n",
          compute,
          ROWS,
          PROMPT + RESPONSE,
          peak / 1024);
    }
  }

  private static CausalLm model() throws IOException {
    Path directory = Files.createTempDirectory("training-memory");
    BenchmarkModels.writeTokenizer(directory, 1);
    DecoderConfig config = BenchmarkModels.config(VOCABULARY, 256, 8, 8, 2, 704);
    return ModelLoader.initialise(config, directory, 1, "cpu");
  }

  private static List<TrainingSequence> batch() {
    List<TrainingSequence> batch = new ArrayList<>();
    for (long row = 0; row < ROWS; row++) {
      float[] advantages = new float[RESPONSE];
      for (int t = 0; t < RESPONSE; t++) {
        advantages[t] = (float) (Draws.uniform(row, t) - 0.5);
      }
      batch.add(new TrainingSequence(tokens(row, PROMPT), tokens(row + 99, RESPONSE), advantages));
    }
    return batch;
  }

  private static int[] tokens(long key, int count) {
    return IntStream.range(0, count).map(t -> Draws.integer(key, t, VOCABULARY)).toArray();
  }
}
