package io.capoflow.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.models.tensor.Torch;
import io.capoflow.schemas.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Policy updates by 1, 2, 4 and 8 workers, as far as the machine has cores: tokens a second by the
 * clock, efficiency, share of the peak of so many cores, and resident memory. Each width is a
 * process of its own; they work in turns. Stops unless all widths have learned the same weights.
 *
 * <p>Efficiency is the speed over that of one worker in the same round, divided by the number of
 * workers. The peak is that of products of matrices ({@link MachinePeak}), the operations are those
 * that {@link DecoderWork} counts.
 *
 * <pre>{@code
 * benchmarks/run LearnerScaling tiny 7
 * benchmarks/run LearnerScaling checkpoints/SmolLM2-135M-Instruct 3
 * }</pre>
 */
public final class LearnerScaling {
  private static final int WIDEST = 8;

  private LearnerScaling() {}

  /**
   * Prints a line for each number of workers.
   *
   * @param arguments tiny, small, medium or a model's folder, see {@link LearnerWork}; rounds, 5
   *     when left out
   */
  public static void main(String[] arguments) throws IOException {
    String model = arguments.length > 0 ? arguments[0] : "tiny";
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
    int cores = Runtime.getRuntime().availableProcessors();
    List<Integer> widths =
        IntStream.iterate(1, width -> width <= Math.min(cores, WIDEST), width -> 2 * width)
            .boxed()
            .toList();
    Map<Integer, AnsweringProcess> sides = new TreeMap<>();
    try {
      for (int width : widths) {
        sides.put(width, AnsweringProcess.ofJava(Updates.class, model, Integer.toString(width)));
      }
      compare(model, sides, rounds);
    } finally {
      sides.values().forEach(AnsweringProcess::close);
    }
  }

  private static void compare(String model, Map<Integer, AnsweringProcess> sides, int rounds)
      throws IOException {
    JsonNode about = sides.get(1).answer();
    for (Map.Entry<Integer, AnsweringProcess> side : sides.entrySet()) {
      if (side.getKey() > 1) {
        side.getValue().answer();
      }
    }
    print(
        "%s, %s: %,d tokens an update, %.2f MFLOP a token",
        model,
        about.path("trained").asText(),
        about.path("tokens").asLong(),
        about.path("flops").asDouble() / about.path("tokens").asDouble() / 1e6);
    Map<Integer, List<Double>> seconds = new TreeMap<>();
    Map<Integer, Long> peaks = new TreeMap<>();
    // The first round warms all sides up.
    for (int round = 0; round <= rounds; round++) {
      String digest = "";
      for (Map.Entry<Integer, AnsweringProcess> side : sides.entrySet()) {
        JsonNode answer = side.getValue().ask("round");
        if (round > 0) {
          seconds
              .computeIfAbsent(side.getKey(), unused -> new ArrayList<>())
              .add(answer.path("seconds").asDouble());
        }
        peaks.put(side.getKey(), answer.path("peak").asLong());
        digest = requireSame(digest, answer.path("digest").asText(), side.getKey());
      }
      if (round == rounds) {
        print("after %d rounds all widths have the digest %s", rounds + 1, digest);
      }
    }
    for (int width : sides.keySet()) {
      show(width, about, seconds, peaks.get(width));
    }
  }

  private static String requireSame(String expected, String digest, int width) {
    if (!expected.isEmpty() && !expected.equals(digest)) {
      throw new IllegalStateException(
          "%d workers learned %s, fewer learned %s".formatted(width, digest, expected));
    }
    return digest;
  }

  private static void show(
      int width, JsonNode about, Map<Integer, List<Double>> seconds, long peakKilobytes) {
    List<Double> own = seconds.get(width);
    List<Double> single = seconds.get(1);
    Spread efficiency =
        Spread.of(
            IntStream.range(0, own.size())
                .mapToObj(round -> single.get(round) / own.get(round) / width)
                .toList());
    double median = Spread.of(own).median();
    double peak = MachinePeak.flops(width);
    print(
        "workers %d: %,.0f tokens/s, efficiency %s, %.1f %% of %.0f GFLOP/s; peak resident %,d MiB",
        width,
        about.path("tokens").asDouble() / median,
        efficiency.text("%.2f"),
        100 * about.path("flops").asDouble() / median / peak,
        peak / 1e9,
        peakKilobytes / 1024);
  }

  /** What each side's process runs. */
  static final class Updates {
    private Updates() {}

    /**
     * Does a round of updates for every line of standard input, and answers a line of JSON with the
     * seconds of one.
     *
     * @param arguments model, workers
     */
    public static void main(String[] arguments) throws IOException {
      Torch.useThreads(1);
      try (LearnerWork work = LearnerWork.of(arguments[0], Integer.parseInt(arguments[1]));
          BufferedReader wishes =
              new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
        answer(Map.of("tokens", work.tokens(), "flops", work.flops(), "trained", work.trained()));
        while (wishes.readLine() != null) {
          long start = System.nanoTime();
          for (int step = 0; step < work.stepsARound(); step++) {
            work.step();
          }
          double seconds = (System.nanoTime() - start) / 1e9 / work.stepsARound();
          answer(
              Map.of(
                  "seconds", seconds,
                  "peak", ProcessMemory.peakKilobytes(),
                  "digest", work.digest()));
        }
      }
    }

    private static void answer(Map<String, Object> answer) throws IOException {
      System.out.println(Json.ONE_LINE.writeValueAsString(answer));
    }
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
