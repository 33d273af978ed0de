package io.capoflow.benchmarks;

import io.capoflow.models.endpoint.CallLimits;
import io.capoflow.models.endpoint.ChatCall;
import io.capoflow.models.endpoint.ChatClient;
import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.models.endpoint.Dialect;
import io.capoflow.models.endpoint.EndpointSpec;
import io.capoflow.models.endpoint.Endpoints;
import io.capoflow.models.endpoint.TokenPrices;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.schemas.Message;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;

/** The calls of a benchmark, made by our client. */
final class CriticWork {
  static final String MODEL = "simulated";

  private static final com.sun.management.OperatingSystemMXBean PROCESS =
      (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final SamplingParameters SAMPLING = new SamplingParameters(0.7, 0.9, 256);
  private static final int STEPS = 8;

  private CriticWork() {}

  /**
   * What calls took.
   *
   * @param seconds from the first call to the last answer
   * @param processorSeconds of this process
   * @param heaps bytes in use after a collection: before, in the middle, after
   */
  record Taken(double seconds, double processorSeconds, long[] heaps) {}

  /**
   * Makes calls, so many in flight and twice as many waiting.
   *
   * @param inFlight calls in flight, at most
   * @param collecting whether the heap is collected in the middle, to be measured
   */
  static Taken ask(String url, int inFlight, int calls, boolean collecting) {
    CallLimits defaults = CallLimits.DEFAULTS;
    CallLimits limits =
        new CallLimits(
            inFlight,
            1,
            0,
            0,
            defaults.timeout(),
            defaults.retries(),
            defaults.retryBudget(),
            Duration.ofMinutes(1),
            0,
            0,
            1);
    EndpointSpec spec =
        new EndpointSpec(
            List.of(url), MODEL, "NO_KEY", "", List.of(), Dialect.AUTO, limits, TokenPrices.NONE);
    try (Endpoints.Lease lease = Endpoints.lease(spec)) {
      ChatClient client = lease.client();
      client.report(request(0)).join();
      long[] heaps = new long[3];
      heaps[0] = collecting ? usedHeap() : 0;
      Semaphore places = new Semaphore(3 * inFlight);
      long processor = PROCESS.getProcessCpuTime();
      long started = System.nanoTime();
      for (int number = 0; number < calls; number++) {
        places.acquireUninterruptibly();
        CompletableFuture<Void> unused =
            client
                .ask(new ChatCall(request(number), 0, 1))
                .handle((answers, failure) -> answered(failure, places));
        if (collecting && number == calls / 2) {
          heaps[1] = usedHeap();
        }
      }
      places.acquireUninterruptibly(3 * inFlight);
      double seconds = (System.nanoTime() - started) / 1e9;
      double processorSeconds = (PROCESS.getProcessCpuTime() - processor) / 1e9;
      heaps[2] = collecting ? usedHeap() : 0;
      if (client.figures().answered() != calls || client.figures().retried() != 0) {
        throw new IllegalStateException("not every call was answered at once: " + client.figures());
      }
      return new Taken(seconds, processorSeconds, heaps);
    }
  }

  private static Void answered(Throwable failure, Semaphore places) {
    if (failure != null) {
      throw new IllegalStateException(failure);
    }
    places.release();
    return null;
  }

  /** A critique's question of some 2,000 characters; its seed is its number. */
  private static ChatRequest request(int number) {
    StringBuilder prompt = new StringBuilder("Question ").append(number).append('\n');
    for (int step = 0; step < STEPS; step++) {
      prompt
          .append("<step_%d>\n".formatted(step))
          .append("So we add the two and get what is left. ".repeat(6))
          .append("\n</step_%d>\n".formatted(step));
    }
    List<Message> messages = List.of(new Message("user", prompt.toString()));
    return new ChatRequest(MODEL, messages, SAMPLING, false, "{}", number);
  }

  private static long usedHeap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
