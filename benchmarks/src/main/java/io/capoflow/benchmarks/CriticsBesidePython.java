package io.capoflow.benchmarks;

import io.capoflow.schemas.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * The same calls by our client and by Python's {@code openai} under asyncio with a semaphore, in
 * turns, each side with a fresh simulated server.
 *
 * <pre>{@code
 * python3 -m venv venv && venv/bin/pip install openai
 * benchmarks/run CriticsBesidePython venv/bin/python 200 64 2000 3
 * }</pre>
 */
public final class CriticsBesidePython {
  private CriticsBesidePython() {}

  /**
   * Prints each round's seconds and processor time of both sides, and the ratios.
   *
   * @param arguments the Python to run; median in milliseconds, capacity, calls, rounds
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    int medianMillis = Integer.parseInt(arguments[1]);
    int capacity = Integer.parseInt(arguments[2]);
    int calls = Integer.parseInt(arguments[3]);
    int rounds = Integer.parseInt(arguments[4]);
    double[] ratios = new double[rounds];
    double[] processorRatios = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      CriticWork.Taken theirs;
      CriticWork.Taken ours;
      try (CriticServer server = CriticServer.start(medianMillis, capacity, calls)) {
        theirs = python(arguments[0], server.url(), capacity, calls);
      }
      try (CriticServer server = CriticServer.start(medianMillis, capacity, calls)) {
        ours = CriticWork.ask(server.url(), capacity, calls, false);
      }
      ratios[round] = theirs.seconds() / ours.seconds();
      processorRatios[round] = theirs.processorSeconds() / ours.processorSeconds();
      System.out.printf(
          Locale.ROOT,
          "round %d: Python %.2f s and %.3f ms of a processor a call, here %.2f s and %.3f ms; ratios"
              + " %.3f and %.2f%n",
          round,
          theirs.seconds(),
          1e3 * theirs.processorSeconds() / calls,
          ours.seconds(),
          1e3 * ours.processorSeconds() / calls,
          ratios[round],
          processorRatios[round]);
    }
    Arrays.sort(ratios);
    Arrays.sort(processorRatios);
    System.out.printf(
        Locale.ROOT,
        "median ratio %.3f (%.3f to %.3f), of processor time %.2f (%.2f to %.2f)%n",
        ratios[rounds / 2],
        ratios[0],
        ratios[rounds - 1],
        processorRatios[rounds / 2],
        processorRatios[0],
        processorRatios[rounds - 1]);
  }

  private static CriticWork.Taken python(String python, String url, int capacity, int calls)
      throws IOException, InterruptedException {
    Path script =
        Path.of(System.getProperty("capoflow.home"), "benchmarks/src/main/python/critics.py");
    Process process =
        new ProcessBuilder(
                python,
                script.toString(),
                url,
                CriticWork.MODEL,
                Integer.toString(capacity),
                Integer.toString(calls))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    var printed = Json.STRICT.readTree(process.getInputStream());
    if (process.waitFor() != 0) {
      throw new IllegalStateException("the Python side failed");
    }
    return new CriticWork.Taken(
        printed.path("seconds").asDouble(),
        printed.path("processor_seconds").asDouble(),
        new long[0]);
  }
}
