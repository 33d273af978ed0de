package io.capoflow.benchmarks;

import java.io.IOException;
import java.util.Locale;
import java.util.PriorityQueue;

/**
 * Calls to a simulated server beside a perfect greedy scheduler, which gives each call in its order
 * to the first place that is free, and whose calls take the server's time and nothing else.
 *
 * <pre>{@code
 * benchmarks/run CriticsBesideGreedy 200 64 20000 80
 * }</pre>
 */
public final class CriticsBesideGreedy {
  private CriticsBesideGreedy() {}

  /**
   * Prints the time of both, how busy the server was, heap and processor time.
   *
   * @param arguments median in milliseconds, capacity, calls; calls that our client has in flight
   *     at most, the capacity when left out
   */
  public static void main(String[] arguments) throws IOException {
    int medianMillis = Integer.parseInt(arguments[0]);
    int capacity = Integer.parseInt(arguments[1]);
    int calls = Integer.parseInt(arguments[2]);
    int inFlight = arguments.length > 3 ? Integer.parseInt(arguments[3]) : capacity;
    try (CriticServer server = CriticServer.start(medianMillis, capacity, calls)) {
      CriticWork.Taken taken = CriticWork.ask(server.url(), inFlight, calls, true);
      double greedy = greedySeconds(medianMillis, capacity, calls);
      double busy = server.busyShare();
      System.out.printf(
          Locale.ROOT,
          "median %d ms, capacity %d, %d in flight, %d calls: %.2f s, greedy %.2f s, ratio %.4f%n",
          medianMillis,
          capacity,
          inFlight,
          calls,
          taken.seconds(),
          greedy,
          taken.seconds() / greedy);
      System.out.printf(
          Locale.ROOT,
          "at least .95 of the capacity in service for %.4f of the time in which the capacity or more"
              + " waited%n",
          busy);
      System.out.printf(
          Locale.ROOT,
          "heap in use %.1f, %.1f, %.1f MB before, in the middle, after; processor %.3f ms a call%n",
          taken.heaps()[0] / 1e6,
          taken.heaps()[1] / 1e6,
          taken.heaps()[2] / 1e6,
          1e3 * taken.processorSeconds() / calls);
    }
  }

  private static double greedySeconds(int medianMillis, int capacity, int calls) {
    PriorityQueue<Long> freeAt = new PriorityQueue<>();
    for (int place = 0; place < capacity; place++) {
      freeAt.add(0L);
    }
    long last = 0;
    for (int number = 0; number < calls; number++) {
      long end = freeAt.remove() + CriticServer.latency(number, medianMillis).toNanos();
      freeAt.add(end);
      last = Math.max(last, end);
    }
    return last / 1e9;
  }
}
