package io.capoflow.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.models.stub.StubServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
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

  /** How busy the server is while there is enough to do. */
  private static final class Gauge {
    private final int enough;
    private final int calls;
    private final int capacity;
    private int arrived;
    private int inService;
    private long changedAt;
    private long busy;
    private long all;

    Gauge(int capacity, int calls) {
      this.capacity = capacity;
      this.calls = calls;
      enough = (int) Math.ceil(0.95 * capacity);
    }

    synchronized void arrived() {
      turn();
      arrived++;
    }

    synchronized void begun() {
      turn();
      inService++;
    }

    synchronized void ended() {
      turn();
      inService--;
    }

    /** Counts from the first call until fewer than the capacity are still to come. */
    private void turn() {
      long now = System.nanoTime();
      if (arrived > 0 && calls - arrived >= capacity) {
        all += now - changedAt;
        busy += inService >= enough ? now - changedAt : 0;
      }
      changedAt = now;
    }

    synchronized double busyShare() {
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
    int capacity = Integer.parseInt(arguments[1]);
    Gauge gauge = new Gauge(capacity, Integer.parseInt(arguments[2]));
    Semaphore places = new Semaphore(capacity, true);
    try (StubServer server = StubServer.start(CriticWork.MODEL)) {
      server.paced(request -> serve(request, medianMillis, places, gauge));
      System.out.println(server.url());
      while (System.in.read() >= 0) {
        // Its end is the sign to end.
      }
      System.out.printf(Locale.ROOT, "%.4f%n", gauge.busyShare());
    }
  }

  private static void serve(JsonNode request, int medianMillis, Semaphore places, Gauge gauge) {
    gauge.arrived();
    places.acquireUninterruptibly();
    gauge.begun();
    try {
      TimeUnit.NANOSECONDS.sleep(latency(request.path("seed").asInt(), medianMillis).toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      gauge.ended();
      places.release();
    }
  }
}
