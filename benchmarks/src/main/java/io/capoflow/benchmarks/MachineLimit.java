package io.capoflow.benchmarks;

import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.generation.Generated;
import io.capoflow.models.generation.GenerationRequest;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.tensor.Torch;
import io.capoflow.schemas.Draws;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The limit worked out: what this machine can do at most, what a token of each model cannot do
 * without ({@link DecoderWork}), hence the most tokens a second of sampling and of training, and
 * the share of them that one thread reaches. All by the threads' processor time.
 *
 * <p>Sampling needs operations and bytes: the weights once a step, and each row's keys and values.
 * Its limit takes the longer of the two. The bandwidth is measured with as many bytes as the step
 * reads, so it is that of the cache where these lie. Training is counted in operations alone.
 *
 * <pre>{@code
 * benchmarks/run MachineLimit tiny small checkpoints/SmolLM2-135M-Instruct
 * }</pre>
 */
public final class MachineLimit {
  private static final int ROUNDS = 5;

  /** About as many slots as a gradient part has. */
  private static final int PART_SLOTS = 1_300;

  private static final long[] WORKING_SETS = {1L << 20, 1L << 25, 1L << 30};

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private MachineLimit() {}

  /** Rows of one prompt that are sampled at a time, and how many tokens each gets at most. */
  private record Rows(int count, int prompt, int newTokens) {
    double meanContext() {
      return prompt + newTokens / 2.0;
    }
  }

  /**
   * Prints the machine's peaks, then a paragraph a model.
   *
   * @param arguments tiny, small, or folders of models, whose training is that of an adapter of
   *     rank 8; tiny and small when left out
   */
  public static void main(String[] arguments) throws IOException {
    Torch.useThreads(1);
    int cores = Runtime.getRuntime().availableProcessors();
    double peak = MachinePeak.flops(1);
    print("libtorch %s, %d cores", Torch.version(), cores);
    print(
        "products of float32 matrices: %.1f GFLOP/s of one core, %.1f of all",
        peak / 1e9, MachinePeak.flops(cores) / 1e9);
    for (long bytes : WORKING_SETS) {
      print(
          "reading %,d MiB a thread over and over: %.1f GB/s of one core, %.1f of all",
          bytes >> 20,
          MachinePeak.bytesPerSecond(1, bytes) / 1e9,
          MachinePeak.bytesPerSecond(cores, bytes) / 1e9);
    }
    List<String> models = arguments.length == 0 ? List.of("tiny", "small") : List.of(arguments);
    for (String model : models) {
      print("");
      try (LearnerWork work = LearnerWork.of(model, 1)) {
        print("%s: %,d weights in products", model, DecoderWork.of(work.config()).parameters());
        training(work, peak);
      }
      sampling(model, peak);
    }
  }

  private static void training(LearnerWork work, double peak) {
    double limit = peak * work.tokens() / work.flops();
    double reached =
        best(
            () -> {
              work.step();
              return work.tokens();
            });
    print(
        "  training %s, %d sequences, %,d tokens: %.2f MFLOP a token",
        work.trained(), work.sequences(), work.tokens(), work.flops() / work.tokens() / 1e6);
    showOwnShapes(work.config(), PART_SLOTS, peak);
    print(
        "    limit %,.0f tokens/s of one core, reached %,.0f, which is %.0f %%",
        limit, reached, 100 * reached / limit);
  }

  /** Products as the model's widest layer has them. */
  private static void showOwnShapes(DecoderConfig config, int rows, double peak) {
    double own = MachinePeak.flops(1, rows, config.hiddenSize(), config.intermediateSize());
    print(
        "    products of %d rows with %d x %d reach %.1f GFLOP/s, %.0f %% of the peak",
        rows, config.hiddenSize(), config.intermediateSize(), own / 1e9, 100 * own / peak);
  }

  private static void sampling(String model, double peak) throws IOException {
    if (LearnerWork.isPublished(model)) {
      sampling(Path.of(model), new Rows(16, 80, 128), peak);
    } else {
      GenerationBesidePyTorch.Size size =
          GenerationBesidePyTorch.Size.valueOf(model.toUpperCase(Locale.ROOT));
      Path directory = Files.createTempDirectory("machine-limit");
      GenerationBesidePyTorch.write(directory, size.config(), 12);
      sampling(
          directory,
          new Rows(GenerationBesidePyTorch.ROWS, GenerationBesidePyTorch.PROMPT, size.newTokens()),
          peak);
    }
  }

  private static void sampling(Path folder, Rows rows, double peak) {
    try (CausalLm policy = ModelLoader.load(Loading.forUse(folder, "cpu"))) {
      DecoderWork work = DecoderWork.of(policy.config());
      double flops = work.samplingFlops(rows.meanContext());
      double weights = work.weightBytes() / rows.count();
      double cache = work.cacheBytes(rows.meanContext());
      long step = (long) (rows.count() * (weights + cache));
      double bandwidth = MachinePeak.bytesPerSecond(1, step);
      double byOperations = flops / peak;
      double byBytes = (weights + cache) / bandwidth;
      double limit = 1 / Math.max(byOperations, byBytes);
      double reached = best(() -> sample(policy, rows));
      print(
          "  sampling %d rows of %d tokens after %d: %.2f MFLOP and %.1f kB a token, %.1f of weights and"
              + " %.1f of keys and values",
          rows.count(),
          rows.newTokens(),
          rows.prompt(),
          flops / 1e6,
          (weights + cache) / 1e3,
          weights / 1e3,
          cache / 1e3);
      print(
          "    operations take %.1f us a token; a step reads %,d kB at %.1f GB/s, %.1f us a token",
          byOperations * 1e6, step / 1_000, bandwidth / 1e9, byBytes * 1e6);
      showOwnShapes(policy.config(), rows.count(), peak);
      print(
          "    limit %,.0f tokens/s of one core, reached %,.0f, which is %.0f %%",
          limit, reached, 100 * reached / limit);
    }
  }

  private static int sample(CausalLm policy, Rows rows) {
    int[] prompt =
        IntStream.range(0, rows.prompt()).map(t -> t % policy.config().vocabularySize()).toArray();
    long[] keys = LongStream.range(0, rows.count()).map(row -> Draws.key("row", row)).toArray();
    return policy
        .generate(
            List.of(new GenerationRequest(prompt, keys)),
            new SamplingParameters(1, 1, rows.newTokens()))
        .stream()
        .flatMap(List::stream)
        .map(Generated::tokenIds)
        .mapToInt(ids -> ids.length)
        .sum();
  }

  /** Does some work and says how many tokens it had. */
  private interface Tokens {
    int work();
  }

  /**
   * The most tokens of some rounds in a second of this thread's processor time. The limit is made
   * of bests, too.
   */
  private static double best(Tokens tokens) {
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long start = THREADS.getCurrentThreadCpuTime();
      int done = tokens.work();
      best = Math.max(best, done * 1e9 / (THREADS.getCurrentThreadCpuTime() - start));
    }
    return best;
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
