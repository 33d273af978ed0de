package io.capoflow.benchmarks;

import io.capoflow.models.stub.StubServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * A simulated critic in a process of its own: it works at so many calls at a time, and the others
 * wait in the order in which they came. How long it works at a call is a pure function of the
 * call's seed: log-normal, with a heavy tail. Prints its address, and when its input ends, how busy
 * it was.
 */
public final class CriticServer implements AutoCloseable {
  /** The slowest of a hundred takes six times the median, of ten thousand twenty times. */
  private static final double SPREAD = 0.8;

  private final Process process;
  private final BufferedReader output;
  private final String url;

  private CriticServer(Process process) throws IOException {
    this.process = process;
    output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    url = output.readLine();
  }

  /**
   * Starts one.
   *
   * @param medianMillis of the time that it works at a call
   * @param capacity calls that it works at together
   * @param calls that it will be sent
   */
  static CriticServer start(int medianMillis, int capacity, int calls) throws IOException {
    return new CriticServer(
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                CriticServer.class.getName(),
                Integer.toString(medianMillis),
                Integer.toString(capacity),
                Integer.toString(calls))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  String url() {
    return url;
  }

  /** Ends it, and gives the share of the time in which it was busy while more calls waited. */
  double busyShare() throws IOException {
    process.getOutputStream().close();
    return Double.parseDouble(output.readLine());
  }

  @Override
  public void close() {
    process.destroy();
  }

  /** How long the server works at a call. */
  static Duration latency(int seed, int medianMillis) {
    double normal = new SplittableRandom(seed).split().nextGaussian();
    return Duration.ofNanos((long) (medianMillis * 1e6 * Math.exp(SPREAD * normal)));
  }

  /**
   * The places in which calls are worked at. A call that waits gets the next place at the moment at
   * which it is free, however late the machine wakes anybody up: the simulation's own delays are no
   * part of what is measured.
   */
  private static final class Places {
    private final int capacity;
    private final int calls;
    private final PriorityQueue<Long> freeAt = new PriorityQueue<>();
    private final List<long[]> changes = new ArrayList<>();
    private int arrived;
    private long enoughUntil;

    Places(int capacity, int calls) {
      this.capacity = capacity;
      this.calls = calls;
    }

    /** When the work at a call that arrives now is done. */
    synchronized long take(Duration latency) {
      long now = System.nanoTime();
      long free = freeAt.size() < capacity ? now : freeAt.remove();
      long start = Math.max(now, free);
      long end = start + latency.toNanos();
      freeAt.add(end);
      changes.add(new long[] {start, 1});
      changes.add(new long[] {end, -1});
      arrived++;
      if (calls - arrived >= capacity) {
        enoughUntil = now;
      }
      return end;
    }

    /**
     * Share of the time with .95 of the places taken, from when they were first, and while there
     * were as many calls as places still to come.
     */
    synchronized double busyShare() {
      int enough = (int) Math.ceil(0.95 * capacity);
      changes.sort(Comparator.comparingLong(change -> change[0]));
      int taken = 0;
      long all = 0;
      long busy = 0;
      long before = 0;
      boolean filled = false;
      for (long[] change : changes) {
        if (filled && change[0] <= enoughUntil) {
          all += change[0] - before;
          busy += taken >= enough ? change[0] - before : 0;
        }
        before = change[0];
        taken += (int) change[1];
        filled |= taken >= enough;
      }
      return all == 0 ? 0 : (double) busy / all;
    }
  }

  /**
   * The process.
   *
   * @param arguments median in milliseconds, capacity, calls
   */
  public static void main(String[] arguments) throws IOException {
    int medianMillis = Integer.parseInt(arguments[0]);
    Places places = new Places(Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]));
    try (StubServer server = StubServer.start(CriticWork.MODEL)) {
      server.paced(
          request -> {
            Duration latency = latency(request.path("seed").asInt(), medianMillis);
            sleepUntil(places.take(latency));
          });
      System.out.println(server.url());
      while (System.in.read() >= 0) {
        // Its end is the sign to end.
      }
      System.out.printf(Locale.ROOT, "%.4f%n", places.busyShare());
    }
  }

  private static void sleepUntil(long nanos) {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos - System.nanoTime());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
