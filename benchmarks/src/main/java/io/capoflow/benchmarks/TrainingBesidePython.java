package io.capoflow.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.learning.AdamWSettings;
import io.capoflow.models.learning.Layout;
import io.capoflow.models.learning.ObjectiveSettings;
import io.capoflow.models.learning.PolicyLearner;
import io.capoflow.models.learning.TrainingSequence;
import io.capoflow.models.tensor.Torch;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.Json;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Policy updates beside PyTorch eager: the same weights, batch, objective and optimizer on both
 * sides, in turns within one run, each in a process of its own that keeps its first losses equal to
 * the other's. Tokens a second are those of the thread's processor time, which other work on the
 * machine disturbs less; ratios are given by the clock, too. The share of one core's peak that each
 * side reaches stands beside: operations as {@link DecoderWork} counts them, the peak as {@link
 * MachinePeak} measures it.
 *
 * <pre>{@code
 * benchmarks/run TrainingBesidePython small 7 venv/bin/python
 * }</pre>
 */
public final class TrainingBesidePython {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final AdamWSettings ADAMW = new AdamWSettings(0.9, 0.95, 1e-8, 0.01, 1);
  private static final double KL_COEFFICIENT = 0.01;
  private static final double LEARNING_RATE = 1e-4;
  private static final int SEQUENCES = 64;

  private TrainingBesidePython() {}

  /** What is trained, and on responses of which lengths. */
  record Size(
      String name,
      DecoderConfig config,
      int shortestPrompt,
      int promptSpread,
      int shortestResponse,
      int responseSpread,
      int stepsARound) {
    static Size named(String name) {
      return switch (name) {
        // The arithmetic world's policy.
        case "tiny" ->
            new Size(name, BenchmarkModels.config(69, 64, 3, 4, 4, 192), 20, 20, 16, 80, 6);
        // 2.8 million parameters.
        case "small" ->
            new Size(name, BenchmarkModels.config(4096, 192, 5, 6, 2, 512), 32, 48, 32, 224, 1);
        // 100 million parameters: for a GPU.
        case "medium" ->
            new Size(
                name, BenchmarkModels.config(32_000, 768, 12, 12, 4, 2_048), 32, 48, 32, 224, 1);
        default -> throw new IllegalArgumentException("tiny, small or medium, not " + name);
      };
    }
  }

  /**
   * Prints both sides' speed and memory, and the ratio of each round.
   *
   * @param arguments tiny, small or medium; rounds, 7 when left out; the Python to run, see {@link
   *     PythonInterpreter}
   */
  public static void main(String[] arguments) throws IOException {
    Size size = Size.named(arguments[0]);
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 7;
    PythonInterpreter python = PythonInterpreter.of(arguments, 2);
    python.require(List.of("torch", "numpy"));
    Torch.useThreads(1);
    Path directory = Files.createTempDirectory("training-beside-python");
    try (CausalLm policy = model(size, directory);
        CausalLm reference = model(size, directory);
        PolicyLearner learner = learner(policy, reference)) {
      policy.save(directory);
      Batch batch = batch(size, learner);
      write(directory, batch);
      long resident = ProcessMemory.residentKilobytes();
      try (AnsweringProcess other =
          AnsweringProcess.ofPython(
              python.command("training.py", directory.toString(), BenchmarkDevice.NAME))) {
        JsonNode about = other.answer();
        print(
            "%s on %s: %d sequences, %,d tokens, one thread; libtorch %s beside %s, %s, %s; attention: %s;"
                + " %s",
            size.name(),
            BenchmarkDevice.NAME,
            SEQUENCES,
            batch.tokens(),
            Torch.version(),
            about.path("version").asText(),
            about.path("threads").asText() + " thread",
            about.path("blas").asText(),
            about.path("attention").asText(),
            about.path("optimizer").asText());
        List<Double> here = new ArrayList<>();
        List<Double> there = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        List<Double> wallRatios = new ArrayList<>();
        long peak = 0;
        long otherPeak = 0;
        // The first round warms both sides up.
        for (int round = 0; round <= rounds; round++) {
          long start = System.nanoTime();
          long processor = THREADS.getCurrentThreadCpuTime();
          List<Double> losses = steps(learner, batch, size.stepsARound());
          double seconds = (THREADS.getCurrentThreadCpuTime() - processor) / 1e9;
          double wall = (System.nanoTime() - start) / 1e9;
          JsonNode answer = other.ask(Integer.toString(size.stepsARound()));
          double otherSeconds = answer.path("processor").asDouble();
          double difference = requireSame(losses, answer.path("losses"));
          peak = ProcessMemory.peakKilobytes();
          otherPeak = answer.path("peak").asLong();
          double work = (double) batch.tokens() * size.stepsARound();
          double wallRatio = answer.path("seconds").asDouble() / wall;
          if (round > 0) {
            here.add(work / seconds);
            there.add(work / otherSeconds);
            ratios.add(otherSeconds / seconds);
            wallRatios.add(wallRatio);
          }
          print(
              "%s %2d: %,8.0f tokens/s, Python %,8.0f, ratio %.2f, by the clock %.2f; loss %.6f,"
                  + " differs by %.1e",
              round == 0 ? "warm-up" : "round  ",
              round,
              work / seconds,
              work / otherSeconds,
              otherSeconds / seconds,
              wallRatio,
              losses.get(losses.size() - 1),
              difference);
        }
        print(
            "median: %,.0f tokens/s, Python %,.0f; ratio %s, by the clock %s",
            Spread.of(here).median(),
            Spread.of(there).median(),
            Spread.of(ratios).text("%.2f"),
            Spread.of(wallRatios).text("%.2f"));
        if (BenchmarkDevice.NAME.equals("cpu")) {
          showShare(size, batch, Spread.of(here).median(), Spread.of(there).median());
        }
        print(
            "peak resident: %,d MiB, Python %,d MiB; above what was resident before the first step:"
                + " %,d MiB, Python %,d MiB",
            peak / 1024,
            otherPeak / 1024,
            (peak - resident) / 1024,
            (otherPeak - about.path("resident").asLong()) / 1024);
      }
    }
  }

  /** What both sides reach of what one core can do at most in products of matrices. */
  private static void showShare(Size size, Batch batch, double here, double there) {
    double peak = MachinePeak.flops(1);
    double aToken = DecoderWork.of(size.config()).trainingFlops(batch.sequences()) / batch.tokens();
    print(
        "%,.0f thousand operations a token; one core's peak is %.1f GFLOP/s: here %.1f %%, Python %.1f %%",
        aToken / 1e3, peak / 1e9, 100 * here * aToken / peak, 100 * there * aToken / peak);
  }

  /** Trains the policy by the measured objective. */
  static PolicyLearner learner(CausalLm policy, CausalLm reference) {
    return new PolicyLearner(
        policy,
        Optional.of(reference),
        ObjectiveSettings.standard(KL_COEFFICIENT, 1),
        ADAMW,
        Layout.PADDED,
        Optional.empty());
  }

  record Batch(List<TrainingSequence> sequences, float[][] old, float[][] reference) {
    int tokens() {
      return sequences.stream().mapToInt(TrainingSequence::tokens).sum();
    }
  }

  static List<Double> steps(PolicyLearner learner, Batch batch, int steps) {
    List<Double> losses = new ArrayList<>();
    for (int step = 0; step < steps; step++) {
      learner.accumulate(batch.sequences(), batch.old(), batch.reference(), SEQUENCES);
      losses.add(learner.apply(LEARNING_RATE).loss());
    }
    return losses;
  }

  /** Both sides do the same work only if their losses agree, step by step. */
  private static double requireSame(List<Double> here, JsonNode there) {
    double largest = 0;
    for (int step = 0; step < here.size(); step++) {
      largest = Math.max(largest, Math.abs(here.get(step) - there.path(step).asDouble()));
    }
    if (here.size() != there.size() || !(largest < 1e-3)) {
      throw new IllegalStateException("the losses part: " + here + " against " + there);
    }
    return largest;
  }

  static Batch batch(Size size, PolicyLearner learner) {
    List<TrainingSequence> sequences = new ArrayList<>();
    for (int i = 0; i < SEQUENCES; i++) {
      long key = Draws.key("sequence", i);
      // Short answers are commoner than long ones, as of a policy that knows how to stop.
      double share = Draws.uniform(key, 1L << 41);
      int response = size.shortestResponse() + (int) (share * share * size.responseSpread());
      int prompt = size.shortestPrompt() + Draws.integer(key, 1L << 40, size.promptSpread());
      float[] advantages = new float[response];
      for (int t = 0; t < response; t++) {
        advantages[t] = (float) (2 * Draws.uniform(key, t) - 1);
      }
      sequences.add(
          new TrainingSequence(
              tokens(size, key, prompt), tokens(size, key + 1, response), advantages));
    }
    float[][] old = learner.logProbabilities(sequences);
    return new Batch(sequences, moved(old, 2), moved(old, 3));
  }

  /** Log-probabilities of a policy a little away. */
  private static float[][] moved(float[][] logProbabilities, long seed) {
    float[][] moved = new float[logProbabilities.length][];
    for (int i = 0; i < moved.length; i++) {
      moved[i] = logProbabilities[i].clone();
      for (int t = 0; t < moved[i].length; t++) {
        moved[i][t] += (float) (0.4 * Draws.uniform(Draws.key("moved", seed, i), t) - 0.2);
      }
    }
    return moved;
  }

  private static int[] tokens(Size size, long key, int count) {
    return IntStream.range(0, count)
        .map(t -> Draws.integer(key, t, size.config().vocabularySize()))
        .toArray();
  }

  static CausalLm model(Size size, Path directory) throws IOException {
    BenchmarkModels.writeTokenizer(directory, 1);
    return ModelLoader.initialise(size.config(), directory, 1, BenchmarkDevice.NAME);
  }

  private static void write(Path directory, Batch batch) throws IOException {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < batch.sequences().size(); i++) {
      TrainingSequence sequence = batch.sequences().get(i);
      rows.add(
          Map.of(
              "prompt", sequence.promptTokenIds(),
              "response", sequence.responseTokenIds(),
              "advantages", sequence.advantages(),
              "old", batch.old()[i],
              "reference", batch.reference()[i]));
    }
    Json.ONE_LINE.writeValue(directory.resolve("batch.json").toFile(), rows);
    Json.ONE_LINE.writeValue(
        directory.resolve("settings.json").toFile(),
        Map.of(
            "kl_coefficient", KL_COEFFICIENT,
            "learning_rate", LEARNING_RATE,
            "beta1", ADAMW.beta1(),
            "beta2", ADAMW.beta2(),
            "epsilon", ADAMW.epsilon(),
            "weight_decay", ADAMW.weightDecay(),
            "gradient_norm_clip", ADAMW.gradientNormClip()));
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
