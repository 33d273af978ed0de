package io.capoflow.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.generation.Generated;
import io.capoflow.models.learning.PolicyLearner;
import io.capoflow.models.tensor.CpuDispatch;
import io.capoflow.models.tensor.Numerics;
import io.capoflow.models.tensor.Torch;
import io.capoflow.models.tensor.TorchSettings;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Portable numerics beside native ones: generation and policy updates of the same model, one thread
 * each, in turns, each in a process of its own. Prints what portable costs by the thread's
 * processor time, and a digest of what was computed in either: the portable one is the same on
 * every machine.
 *
 * <pre>{@code
 * benchmarks/run NumericsCost small 5
 * }</pre>
 */
public final class NumericsCost {
  private static final List<String> WORKS = List.of("generate", "train");

  private NumericsCost() {}

  /**
   * Prints what was measured.
   *
   * @param arguments tiny or small; rounds, 5 when left out
   */
  public static void main(String[] arguments) throws IOException {
    String size = arguments.length > 0 ? arguments[0] : "small";
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
    try (AnsweringProcess usual =
            AnsweringProcess.ofJava(Computer.class, Numerics.NATIVE.name(), size);
        AnsweringProcess portable =
            AnsweringProcess.ofJava(Computer.class, Numerics.PORTABLE.name(), size)) {
      print(
          "native: %s; portable: %s",
          usual.answer().path("dispatch").asText(), portable.answer().path("dispatch").asText());
      for (String work : WORKS) {
        compare(work, usual, portable, rounds);
      }
    }
  }

  private static void compare(
      String work, AnsweringProcess usual, AnsweringProcess portable, int rounds)
      throws IOException {
    List<Double> speeds = new ArrayList<>();
    List<Double> portableSpeeds = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    String digest = "";
    String portableDigest = "";
    // The first round warms both sides up.
    for (int round = 0; round <= rounds; round++) {
      JsonNode here = usual.ask(work);
      JsonNode there = portable.ask(work);
      if (round == 0) {
        digest = here.path("digest").asText();
        portableDigest = there.path("digest").asText();
      } else {
        double speed = here.path("tokens").asDouble() / here.path("seconds").asDouble();
        double other = there.path("tokens").asDouble() / there.path("seconds").asDouble();
        speeds.add(speed);
        portableSpeeds.add(other);
        ratios.add(speed / other);
      }
    }
    print(
        "%s, %d rounds in turns: native %,.0f tokens/s, portable %,.0f; processor time of portable over"
            + " native %s",
        work,
        rounds,
        Spread.of(speeds).median(),
        Spread.of(portableSpeeds).median(),
        Spread.of(ratios).text("%.2f"));
    print("  digest of the warm-up: native %s, portable %s", digest, portableDigest);
  }

  /** What each side's process runs. */
  static final class Computer {
    private Computer() {}

    /**
     * Answers a line of JSON for every line of standard input.
     *
     * @param arguments numerics, size
     */
    public static void main(String[] arguments) throws IOException {
      Torch.use(new TorchSettings(1, Numerics.valueOf(arguments[0])));
      answer(Map.of("dispatch", CpuDispatch.ofThisProcess().toString()));
      GenerationBesidePyTorch.Size size =
          GenerationBesidePyTorch.Size.valueOf(arguments[1].toUpperCase(Locale.ROOT));
      TrainingBesidePython.Size trained = TrainingBesidePython.Size.named(arguments[1]);
      Path directory = Files.createTempDirectory("numerics-cost");
      Path written = Files.createDirectory(directory.resolve("generation"));
      GenerationBesidePyTorch.write(written, size.config(), 12);
      try (CausalLm model = ModelLoader.load(Loading.forUse(written, "cpu"));
          CausalLm policy = TrainingBesidePython.model(trained, directory);
          CausalLm reference = TrainingBesidePython.model(trained, directory);
          PolicyLearner learner = TrainingBesidePython.learner(policy, reference);
          BufferedReader wishes =
              new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
        TrainingBesidePython.Batch batch = TrainingBesidePython.batch(trained, learner);
        for (String wish = wishes.readLine(); wish != null; wish = wishes.readLine()) {
          long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
          if (wish.equals("generate")) {
            List<Generated> rows = GenerationBesidePyTorch.generate(model, size, 1);
            answer(start, rows.stream().mapToInt(row -> row.tokenIds().length).sum(), digest(rows));
          } else {
            TrainingBesidePython.steps(learner, batch, trained.stepsARound());
            answer(start, batch.tokens() * trained.stepsARound(), learner.digest());
          }
        }
      }
    }

    private static String digest(List<Generated> rows) {
      return Digests.ofParts(
          rows.stream()
              .map(row -> Arrays.toString(row.tokenIds()) + Arrays.toString(row.logProbabilities()))
              .toArray(String[]::new));
    }

    private static void answer(long start, int tokens, String digest) throws IOException {
      double seconds =
          (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start) / 1e9;
      answer(Map.of("tokens", tokens, "seconds", seconds, "digest", digest));
    }

    private static void answer(Map<String, Object> answer) throws IOException {
      System.out.println(Json.ONE_LINE.writeValueAsString(answer));
    }
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
