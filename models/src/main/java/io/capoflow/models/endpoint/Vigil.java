package io.capoflow.models.endpoint;

import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;
import io.capoflow.models.endpoint.Guard.Later;
import io.capoflow.schemas.UserMistake;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Watches over the servers of an endpoint: asks them whether they are there, gives calls back whose
 * attempts failed with their server, and ends the waiting when no server answered for too long.
 * Guarded by the lock of its client; probes are made without it.
 */
final class Vigil {
  private final ServerGroup group;
  private final CallLimits limits;
  private final Time time;
  private final Guard guard;
  private final Calls calls;
  private Optional<ChatRequest> shape = Optional.empty();
  private int unmet;

  /** The calls, as far as the servers' health concerns them. */
  interface Calls {
    /** How many wait for an answer. */
    int open();

    /** Whether no call is answered any more. */
    boolean ended();

    /** An attempt failed by its call's own fault. */
    void blame(OpenCall call, Fault fault, Later later);

    /** Tokens of a probe were paid for. */
    void spent(TokenCounts usage);

    /** No call is answered any more. */
    void end(RuntimeException failure, Later later);

    /** What the servers are has been found out, as far as they answer. */
    void met(EndpointReport report, Later later);

    /** A server may have room. */
    void sendWhatMay(Later later);
  }

  Vigil(ServerGroup group, CallLimits limits, Time time, Guard guard, Calls calls) {
    this.group = group;
    this.limits = limits;
    this.time = time;
    this.guard = guard;
    this.calls = calls;
  }

  /** Meets the servers, unless that was begun: with the parameters of the first request. */
  void begin(ChatRequest request, Later later) {
    if (shape.isEmpty()) {
      shape = Optional.of(request);
      unmet = group.all().size();
      group.all().forEach(server -> probe(server, later));
    }
  }

  /** Whether every server was asked what it is. */
  boolean begun() {
    return shape.isPresent() && unmet == 0;
  }

  /** A server answered: those whose attempts failed meanwhile have failed by themselves. */
  void answered(Server server, long now, Later later) {
    server.health.answered(now);
    List<Server.Doubt> doubts = List.copyOf(server.doubts);
    server.doubts.clear();
    doubts.forEach(doubt -> calls.blame(doubt.call(), doubt.fault(), later));
  }

  /** A server gave no answer and asks for fewer calls. */
  void busy(Server server, Outcome.Busy busy, long now) {
    long pause = busy.pause().map(Duration::toNanos).orElseGet(server.health::nextPause);
    server.pause(now, pause);
    trouble(server, busy.what(), now);
  }

  /** An attempt failed. */
  void failed(Server server, OpenCall call, long begun, Fault fault, long now, Later later) {
    if (server.health.blamesCall(begun)) {
      calls.blame(call, fault, later);
      return;
    }
    server.doubts.add(new Server.Doubt(call, fault));
    if (server.health.state() == Health.State.UP) {
      trouble(server, fault.getMessage(), now);
      server.health.doubted();
      probe(server, later);
    } else if (server.health.state() == Health.State.DOWN) {
      release(server);
    }
  }

  /** The first call after a while without any: what was down then may be up by now. */
  void wake(Later later) {
    long now = time.nanos();
    for (Server server : group.all()) {
      if (server.health.troubleSince().isPresent()) {
        server.health.waitedFor(now);
        time.after(limits.patience(), this::stopIfOutOfPatience);
        if (server.health.state() == Health.State.DOWN && !server.probePlanned) {
          probe(server, later);
        }
      }
    }
  }

  private void trouble(Server server, String what, long now) {
    server.setLastTrouble(what);
    if (server.health.troubleSince().isEmpty()) {
      server.health.troubled(now);
      time.after(limits.patience(), this::stopIfOutOfPatience);
    }
  }

  /** Calls whose attempts failed go on waiting: it was not their fault. */
  private static void release(Server server) {
    server.doubts.forEach(doubt -> doubt.call().home.queue.add(doubt.call()));
    server.doubts.clear();
  }

  private void probe(Server server, Later later) {
    server.probePlanned = true;
    ChatRequest asked = shape.orElseThrow();
    Optional<Probing.Identity> known = server.identity;
    later.run(
        () ->
            Futures.whenDone(
                known.isPresent()
                    ? server.probing.ping(known.get(), asked)
                    : server.probing.identify(asked),
                result -> settle(server, result),
                failure ->
                    settle(
                        server,
                        new Probing.Result.Silent(
                            "a failure of ours: " + failure, Optional.empty()))));
  }

  private void settle(Server server, Probing.Result result) {
    guard.run(
        later -> {
          server.probePlanned = false;
          if (calls.ended()) {
            return;
          }
          boolean first = server.health.state() == Health.State.UNKNOWN;
          long now = time.nanos();
          if (result instanceof Probing.Result.There there) {
            calls.spent(there.usage());
            Optional<UserMistake> wrong = group.met(server, there.identity());
            if (wrong.isPresent()) {
              calls.end(wrong.get(), later);
              return;
            }
            answered(server, now, later);
          } else if (result instanceof Probing.Result.Silent silent) {
            // Something else may have been answered meanwhile.
            if (server.health.state() != Health.State.UP) {
              down(server, silent, now);
            }
          } else {
            calls.end(((Probing.Result.Hopeless) result).mistake(), later);
            return;
          }
          unmet -= first ? 1 : 0;
          if (unmet == 0) {
            calls.met(group.report(), later);
            calls.sendWhatMay(later);
          }
        });
  }

  private void down(Server server, Probing.Result.Silent silent, long now) {
    trouble(server, silent.what(), now);
    server.health.down();
    release(server);
    server.probePlanned = true;
    Duration next = Duration.ofNanos(server.health.nextPause());
    time.after(
        silent.pause().filter(longer -> longer.compareTo(next) > 0).orElse(next),
        () -> guard.run(later -> probeAgain(server, later)));
  }

  private void probeAgain(Server server, Later later) {
    server.probePlanned = false;
    boolean down = server.health.state() == Health.State.DOWN;
    if (down && !calls.ended() && calls.open() > 0) {
      probe(server, later);
    }
  }

  private void stopIfOutOfPatience() {
    guard.run(
        later -> {
          long now = time.nanos();
          long waited = Long.MAX_VALUE;
          for (Server server : group.all()) {
            OptionalLong since = server.health.troubleSince();
            waited = Math.min(waited, since.isPresent() ? now - since.getAsLong() : 0);
          }
          if (!calls.ended() && calls.open() > 0 && waited >= limits.patience().toNanos()) {
            calls.end(outOfPatience(waited), later);
          }
        });
  }

  private UserMistake outOfPatience(long waited) {
    Instant since = time.now().minusNanos(waited).truncatedTo(ChronoUnit.SECONDS);
    return new UserMistake(
        "no answer from %s since %s: %s; %d calls wait; run the same command again when it answers"
            .formatted(group, since, group.all().get(0).lastTrouble(), calls.open()));
  }
}
