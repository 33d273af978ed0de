package io.capoflow.pipelines.critics;

import io.capoflow.models.critic.CriticCalls;
import io.capoflow.models.critic.CriticSource;
import io.capoflow.models.critic.ServerWatch;
import io.capoflow.models.endpoint.CallFigures;
import io.capoflow.models.endpoint.EndpointReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/** What a critic behind a server is doing, in words; nothing of a critic in the process. */
public final class CriticProgress implements AutoCloseable {
  private static final double NANOS = 1e9;

  private final Optional<ServerWatch> server;
  private final CriticCalls atOpening;
  private CriticCalls atStart;
  private long startNanos;
  private long critiques;

  /** Of a critic, where one is asked. */
  public CriticProgress(Optional<CriticSource> critic) {
    this.server = critic.flatMap(CriticSource::watch);
    this.atOpening = calls();
    this.atStart = atOpening;
  }

  private CriticCalls calls() {
    return server.map(ServerWatch::calls).orElse(CriticCalls.NONE);
  }

  /** What to say of the server before a run begins. */
  public static List<String> header(EndpointReport report) {
    if (!report.reached()) {
      return List.of(
          "no server of the critic answers yet: what the journal has is taken from there, all other"
              + " critiques wait for the server");
    }
    List<String> lines = new ArrayList<>();
    lines.add("critic: " + report.identity() + ", asked as " + report.dialect().label());
    report.notes().forEach(note -> lines.add("critic: " + note));
    return lines;
  }

  /**
   * Begins to count an iteration.
   *
   * @param expected critiques that it needs
   */
  public void start(long expected) {
    atStart = calls();
    startNanos = System.nanoTime();
    critiques = expected;
  }

  /** The calls of the iteration so far; empty where there is no server. */
  public String look() {
    if (server.isEmpty()) {
      return "";
    }
    CriticCalls now = calls().since(atStart);
    List<String> parts = new ArrayList<>();
    // First what matters most: a narrow terminal cuts the end off.
    secondsLeft(now).ifPresent(seconds -> parts.add(duration(seconds) + " left"));
    parts.add(now.calls().inFlight() + " in flight");
    parts.add(now.answered() + " answered");
    addCounts(now, parts);
    return String.join(", ", parts);
  }

  /** What the session's critiques came to; empty where nothing was asked or found. */
  public Optional<String> total() {
    CriticCalls all = calls().since(atOpening);
    if (all.done() == 0 && all.calls().failed() == 0) {
      return Optional.empty();
    }
    List<String> parts = new ArrayList<>();
    parts.add(all.answered() + " critiques answered in " + all.calls().answered() + " calls");
    addCounts(all, parts);
    return Optional.of("critic: " + String.join(", ", parts));
  }

  /**
   * Keeps what the server has been asked and paid for, after a run ended otherwise than by itself.
   *
   * @param tell is told when that takes waiting
   */
  public void finish(Consumer<String> tell) {
    if (server.isPresent() && server.get().open() > 0) {
      tell.accept(
          "waiting for the %d calls in flight, which are paid for (Ctrl-C leaves them)"
              .formatted(calls().calls().inFlight()));
      server.get().finish();
    }
  }

  @Override
  public void close() {
    server.ifPresent(
        watch -> {
          watch.finish();
          watch.close();
        });
  }

  private static void addCounts(CriticCalls calls, List<String> parts) {
    CallFigures figures = calls.calls();
    addCount(figures.retried(), "retried", parts);
    addCount(figures.failed(), "failed", parts);
    addCount(calls.found(), "from the journal", parts);
    addCount(calls.shared(), "shared", parts);
    long read = figures.promptTokens() + figures.cachedTokens();
    if (read + figures.writtenTokens() > 0) {
      parts.add(
          "%s tokens read (%s cached), %s written"
              .formatted(
                  rounded(read),
                  rounded(figures.cachedTokens()),
                  rounded(figures.writtenTokens())));
    }
    if (figures.cost() > 0) {
      parts.add(String.format(Locale.ROOT, "cost %.4f", figures.cost()));
    }
  }

  private static void addCount(long count, String what, List<String> parts) {
    if (count > 0) {
      parts.add(count + " " + what);
    }
  }

  /** As fast as the critiques that were asked for came so far. */
  private Optional<Double> secondsLeft(CriticCalls now) {
    long left = critiques - now.done();
    if (now.answered() == 0 || left <= 0) {
      return Optional.empty();
    }
    double seconds = (System.nanoTime() - startNanos) / NANOS;
    return Optional.of(seconds / now.answered() * left);
  }

  private static String duration(double seconds) {
    if (seconds < 100) {
      return String.format(Locale.ROOT, "%.0f s", seconds);
    }
    return seconds < 6_000
        ? String.format(Locale.ROOT, "%.0f min", seconds / 60)
        : String.format(Locale.ROOT, "%.1f h", seconds / 3_600);
  }

  private static String rounded(long count) {
    if (count < 10_000) {
      return Long.toString(count);
    }
    return count < 10_000_000
        ? String.format(Locale.ROOT, "%.0f k", count / 1e3)
        : String.format(Locale.ROOT, "%.1f M", count / 1e6);
  }
}
