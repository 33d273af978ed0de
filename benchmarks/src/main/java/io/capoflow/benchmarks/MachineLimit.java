package io.capoflow.benchmarks;

import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.generation.Generated;
import io.capoflow.models.generation.GenerationRequest;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.learning.AdamWSettings;
import io.capoflow.models.learning.Layout;
import io.capoflow.models.learning.ObjectiveSettings;
import io.capoflow.models.learning.PolicyLearner;
import io.capoflow.models.learning.TrainingSequence;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.tensor.Torch;
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
 * The limit worked out: what this machine can do at most, what a token of each model cannot do
 * without ({@link DecoderWork}), hence the most tokens a second of sampling and of training, and
 * the share of them that one thread reaches.
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
  private static final long[] WORKING_SETS = {1L << 19, 1L << 25, 1L << 30};

  private MachineLimit() {}

  /**
   * What is done with a model; no row ends before its limit where the model has no end token.
   *
   * @param rows sampled at a time, of one prompt
   * @param newTokens of each
   * @param sequences of one update
   */
  private record Work(int rows, int prompt, int newTokens, List<TrainingSequence> sequences) {
    /** Of {@link GenerationBesidePyTorch} and {@link TrainingBesidePython}. */
    static Work of(String size, DecoderConfig config) {
      return new Work(64, 32, size.equals("tiny") ? 96 : 128, drawn(config, 64, 40, 20, 60));
    }

    /** Of {@link IterationBesideTrl}. */
    static Work ofPublished(DecoderConfig config) {
      return new Work(16, 80, 128, drawn(config, 8, 80, 128, 0));
    }

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
          Math.max(1, bytes >> 20),
          MachinePeak.bytesPerSecond(1, bytes) / 1e9,
          MachinePeak.bytesPerSecond(cores, bytes) / 1e9);
    }
    List<String> models = arguments.length == 0 ? List.of("tiny", "small") : List.of(arguments);
    for (String model : models) {
      if (model.equals("tiny") || model.equals("small")) {
        initialised(model, peak);
      } else {
        published(Path.of(model), peak);
      }
    }
  }

  private static void initialised(String size, double peak) throws IOException {
    DecoderConfig config = TrainingBesidePython.Size.named(size).config();
    Path directory = Files.createTempDirectory("machine-limit");
    BenchmarkModels.writeTokenizer(directory, config.vocabularySize());
    try (CausalLm policy = ModelLoader.initialise(config, directory, 1, "cpu")) {
      Work work = Work.of(size, config);
      DecoderWork counted = DecoderWork.of(config);
      print("");
      print("%s: %,d weights in products", size, counted.parameters());
      sampling(policy, counted, work, peak);
      training(policy, counted.trainingFlops(work.sequences()), work, peak, "all weights");
    }
  }

  private static void published(Path folder, double peak) {
    LoraSettings adapter = LoraSettings.of(8, 16, List.of(LoraTarget.values()));
    try (CausalLm policy =
        ModelLoader.load(Loading.forTraining(folder, "cpu").withAdapter(adapter, 0))) {
      DecoderWork counted = DecoderWork.of(policy.config());
      Work work = Work.ofPublished(policy.config());
      print("");
      print("%s: %,d weights in products", folder.getFileName(), counted.parameters());
      training(policy, counted.adapterFlops(work.sequences()), work, peak, "an adapter of rank 8");
    }
    try (CausalLm policy = ModelLoader.load(Loading.forUse(folder, "cpu"))) {
      sampling(policy, DecoderWork.of(policy.config()), Work.ofPublished(policy.config()), peak);
    }
  }

  private static void sampling(CausalLm policy, DecoderWork counted, Work work, double peak) {
    double flops = counted.samplingFlops(work.meanContext());
    double weights = counted.weightBytes() / work.rows();
    double cache = counted.cacheBytes(work.meanContext());
    long step = (long) (work.rows() * (weights + cache));
    double bandwidth = MachinePeak.bytesPerSecond(1, step);
    double byOperations = flops / peak;
    double byBytes = (weights + cache) / bandwidth;
    double limit = 1 / Math.max(byOperations, byBytes);
    double reached = best(() -> sample(policy, work));
    print(
        "  sampling, %d rows of %d tokens after %d: %.2f MFLOP and %.1f kB a token, %.1f of weights and %.1f of"
            + " keys and values",
        work.rows(),
        work.newTokens(),
        work.prompt(),
        flops / 1e6,
        (weights + cache) / 1e3,
        weights / 1e3,
        cache / 1e3);
    print(
        "    a step reads %,d kB at %.1f GB/s: %.1f us a token; operations take %.1f us",
        step / 1_000, bandwidth / 1e9, byBytes * 1e6, byOperations * 1e6);
    print(
        "    limit %,.0f tokens/s of one core, reached %,.0f, which is %.0f %%",
        limit, reached, 100 * reached / limit);
  }

  private static void training(
      CausalLm policy, double flops, Work work, double peak, String trained) {
    int tokens = work.sequences().stream().mapToInt(TrainingSequence::tokens).sum();
    double limit = peak * tokens / flops;
    try (PolicyLearner learner =
        new PolicyLearner(
            policy,
            Optional.empty(),
            ObjectiveSettings.standard(0, 1),
            new AdamWSettings(0.9, 0.95, 1e-8, 0, 1),
            Layout.PADDED,
            Optional.empty())) {
      float[][] old = learner.logProbabilities(work.sequences());
      double reached =
          best(
              () -> {
                learner.accumulate(work.sequences(), old, old, work.sequences().size());
                learner.apply(1e-6);
                return tokens;
              });
      print(
          "  training %s, %d sequences of %,d tokens in all: %.2f MFLOP a token",
          trained, work.sequences().size(), tokens, flops / tokens / 1e6);
      print(
          "    limit %,.0f tokens/s of one core, reached %,.0f, which is %.0f %%",
          limit, reached, 100 * reached / limit);
    }
  }

  private static int sample(CausalLm policy, Work work) {
    int[] prompt =
        IntStream.range(0, work.prompt()).map(t -> t % policy.config().vocabularySize()).toArray();
    long[] keys = LongStream.range(0, work.rows()).map(row -> Draws.key("row", row)).toArray();
    return policy
        .generate(
            List.of(new GenerationRequest(prompt, keys)),
            new SamplingParameters(1, 1, work.newTokens()))
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

  /** The most tokens a second of some rounds: what is compared with is a best, too. */
  private static double best(Tokens tokens) {
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      int done = tokens.work();
      best = Math.max(best, done * 1e9 / (System.nanoTime() - start));
    }
    return best;
  }

  private static List<TrainingSequence> drawn(
      DecoderConfig config, int count, int prompt, int shortest, int spread) {
    List<TrainingSequence> sequences = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long key = Draws.key("sequence", i);
      int response = shortest + (spread == 0 ? 0 : Draws.integer(key, 1L << 40, spread));
      float[] advantages = new float[response];
      for (int t = 0; t < response; t++) {
        advantages[t] = (float) (2 * Draws.uniform(key, t) - 1);
      }
      sequences.add(
          new TrainingSequence(
              tokens(config, key, prompt), tokens(config, key + 1, response), advantages));
    }
    return sequences;
  }

  private static int[] tokens(DecoderConfig config, long key, int count) {
    return IntStream.range(0, count)
        .map(t -> Draws.integer(key, t, config.vocabularySize()))
        .toArray();
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
