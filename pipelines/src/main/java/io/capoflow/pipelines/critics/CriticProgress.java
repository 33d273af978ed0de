package io.capoflow.pipelines.critics;

import io.capoflow.models.critic.CriticCalls;
import io.capoflow.models.critic.CriticSource;
import io.capoflow.models.critic.ServerCriticSpec;
import io.capoflow.models.critic.ServerWatch;
import io.capoflow.models.endpoint.CallFigures;
import io.capoflow.models.endpoint.EndpointReport;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** What critics behind servers are doing, in words; nothing of critics in the process. */
public final class CriticProgress implements AutoCloseable {
  private static final double NANOS = 1e9;

  private final List<ServerWatch> servers;
  private final CriticCalls atOpening;
  private CriticCalls atStart;
  private long startNanos;
  private long critiques;

  /** Of critics, each of which may be in the process. */
  public CriticProgress(Collection<CriticSource> critics) {
    this.servers =
        critics.stream()
            .collect(Collectors.toMap(CriticProgress::chat, critic -> critic, (one, same) -> one))
            .values()
            .stream()
            .flatMap(critic -> critic.watch().stream())
            .toList();
    this.atOpening = calls();
    this.atStart = atOpening;
  }

  /** Critics that ask the same server by the same journal are counted together there. */
  private static Object chat(CriticSource critic) {
    return critic instanceof ServerCriticSpec served
        ? List.of(served.endpoint(), served.journal())
        : critic;
  }

  private CriticCalls calls() {
    return servers.stream().map(ServerWatch::calls).reduce(CriticCalls.NONE, CriticCalls::and);
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
   * Begins to count an iteration, or an addition to a dataset.
   *
   * @param expected critiques that servers are still to give, those in the journal among them
   */
  public void start(long expected) {
    atStart = calls();
    startNanos = System.nanoTime();
    critiques = expected;
  }

  /** The calls since then; empty where there is no server. */
  public String look() {
    if (servers.isEmpty()) {
      return "";
    }
    CriticCalls now = calls().since(atStart);
    List<String> parts = new ArrayList<>();
    // First what matters most: a narrow terminal cuts the end off.
    parts.addAll(pace(now, critiques, (System.nanoTime() - startNanos) / NANOS));
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
    if (servers.stream().anyMatch(server -> server.open() > 0)) {
      tell.accept(
          "waiting for the %d calls in flight, which are paid for (Ctrl-C leaves them)"
              .formatted(calls().calls().inFlight()));
      servers.forEach(ServerWatch::finish);
    }
  }

  @Override
  public void close() {
    for (ServerWatch server : servers) {
      server.finish();
      server.close();
    }
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

  /**
   * The time left and the rate, as fast as the critiques that were asked for came so far: what the
   * journal has takes no time worth counting.
   *
   * @param now what came since the start
   * @param expected critiques in all since the start
   * @param seconds since the start
   */
  static List<String> pace(CriticCalls now, long expected, double seconds) {
    if (now.answered() == 0 || seconds <= 0) {
      return List.of();
    }
    List<String> parts = new ArrayList<>();
    long left = expected - now.done();
    if (left > 0) {
      parts.add(Durations.text(seconds / now.answered() * left) + " left");
    }
    parts.add(String.format(Locale.ROOT, "%.1f critiques/s", now.answered() / seconds));
    return parts;
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
