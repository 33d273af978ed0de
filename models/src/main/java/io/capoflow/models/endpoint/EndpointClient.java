package io.capoflow.models.endpoint;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import io.capoflow.models.endpoint.AnswerReader.Answers;
import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;
import io.capoflow.models.endpoint.Estimates.Estimate;
import io.capoflow.models.endpoint.Guard.Later;
import io.capoflow.models.endpoint.OpenCall.Attempt;
import io.capoflow.schemas.UserMistake;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;

/**
 * Makes the calls of an endpoint: each in its turn, to a server that is up, within all limits,
 * again where it failed. Thread-safe; no call has a thread.
 *
 * <p>A call that fails by itself is made again as {@link RetryPolicy} has it: after pauses that
 * double, with some jitter, or after the pause that the server asks for. What no call can help is
 * waited for outside of it: a turn, a busy server, a server that is down.
 */
final class EndpointClient implements ChatClient {
  private static final Duration FIRST_DELAY = Duration.ofSeconds(1);
  private static final Duration LONGEST_DELAY = Duration.ofSeconds(60);
  private static final double JITTER = 0.25;

  /** Retries that a run has however few calls it makes. */
  private static final int RETRY_FLOOR = 100;

  /**
   * Refusals as too many or too much, while others are answered, after which a call has failed.
   * Many of them are no call's fault: a server that is asked for too much refuses whom it will.
   */
  static final int REFUSALS = 64;

  private static final long BYTES_BESIDE_TOKENS = 1 << 20;
  private static final long BYTES_A_TOKEN = 1 << 8;
  private static final long BYTES_A_TOKEN_WITH_LOGPROBS = 1 << 10;

  private final CallLimits limits;
  private final Time time;
  private final Guard guard = new Guard();
  private final ServerGroup group;
  private final Vigil vigil;
  private final FailsafeExecutor<List<ChatAnswer>> retrying;

  // Guarded from here on.
  private final Set<OpenCall> open = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Map<Attempt, CompletableFuture<Reply>> onTheWay = new HashMap<>();
  private final Allowance allowance;
  private final CallCounts counts;
  private CompletableFuture<EndpointReport> report = new CompletableFuture<>();
  private long retriesByFaults;
  private OptionalLong wakeAt = OptionalLong.empty();

  /** Why no call is answered any more. */
  private Optional<RuntimeException> ended = Optional.empty();

  /** Why no call is sent any more, while those in flight are waited for. */
  private Optional<UserMistake> spent = Optional.empty();

  /** How the requests to a server travel. */
  @FunctionalInterface
  interface Transports {
    Transport to(ServerAddress server);
  }

  private EndpointClient(
      EndpointSpec spec, Credentials credentials, Time time, Transports transports) {
    this.time = time;
    limits = spec.limits();
    counts = new CallCounts(spec.prices());
    allowance = new Allowance(spec, time.nanos());
    group =
        new ServerGroup(
            spec,
            address -> {
              Transport transport = transports.to(address);
              Replies replies = new Replies(address, spec, credentials);
              Probing probing = new Probing(address, spec, transport, replies, time);
              return new Server(address, transport, replies, probing, limits.maxInFlight());
            });
    vigil = new Vigil(group, limits, time, guard, new Watched());
    RetryPolicy<List<ChatAnswer>> policy =
        RetryPolicy.<List<ChatAnswer>>builder()
            .handle(Fault.class)
            .withMaxRetries(limits.retries())
            .withBackoff(FIRST_DELAY, LONGEST_DELAY)
            .withJitter(JITTER)
            .withDelayFn(context -> pause(context.getLastException()))
            .build();
    retrying = Failsafe.with(policy).with(time);
  }

  /** A client with this machine's clock, network and environment. */
  static EndpointClient open(EndpointSpec spec) {
    return open(spec, Environment.OF_PROCESS, new SystemTime());
  }

  /** A client whose clock is the caller's; it is closed with it. */
  static EndpointClient open(EndpointSpec spec, Environment environment, Time time) {
    Credentials credentials = new Credentials(spec, environment);
    return new EndpointClient(
        spec,
        credentials,
        time,
        server -> new HttpTransport(server, credentials, environment, time));
  }

  /** A client whose network is the caller's, too. */
  static EndpointClient open(
      EndpointSpec spec, Environment environment, Time time, Transports transports) {
    return new EndpointClient(spec, new Credentials(spec, environment), time, transports);
  }

  @Override
  public CompletableFuture<List<ChatAnswer>> ask(ChatCall call) {
    Server home = group.home(call.request());
    OpenCall pending =
        guard.get(
            later -> {
              OpenCall asked = new OpenCall(call, counts.askedOne(), home);
              open.add(asked);
              if (open.size() == 1) {
                vigil.wake(later);
              }
              return asked;
            });
    Futures.whenDone(
        retrying.getStageAsync(() -> takeTurn(pending)),
        answers -> finish(pending, answers),
        failure -> fail(pending, failure));
    return pending.answers;
  }

  @Override
  public CompletableFuture<EndpointReport> report(ChatRequest shape) {
    return guard.get(
        later -> {
          if (ended.isEmpty()) {
            vigil.begin(shape, later);
          }
          return report;
        });
  }

  @Override
  public CallFigures figures() {
    return guard.get(later -> counts.figures());
  }

  @Override
  public void close() {
    guard.run(later -> end(new CancellationException("the client was closed"), later));
    group.all().forEach(server -> server.transport.close());
    time.close();
  }

  @Override
  public void withdraw(CompletableFuture<List<ChatAnswer>> asked) {
    guard.run(
        later ->
            open.stream()
                .filter(pending -> pending.answers == asked)
                .findFirst()
                .ifPresent(pending -> withdraw(pending, later)));
  }

  private void withdraw(OpenCall pending, Later later) {
    boolean waited = pending.home.queue.remove(pending);
    for (Server server : group.all()) {
      waited |= server.doubts.removeIf(doubt -> doubt.call() == pending);
    }
    if (waited) {
      failTurn(pending, withdrawn(), later);
    } else {
      pending.withdrawn = true;
      if (!pending.sent) {
        // In the pause before its next attempt, which is not made then.
        later.run(() -> fail(pending, withdrawn()));
      }
    }
  }

  private static CancellationException withdrawn() {
    return new CancellationException("the call was withdrawn");
  }

  @Override
  public boolean hasEnded() {
    return guard.get(later -> ended.isPresent() || spent.isPresent());
  }

  private CompletableFuture<List<ChatAnswer>> takeTurn(OpenCall pending) {
    return guard.get(
        later -> {
          pending.turn = new CompletableFuture<>();
          Optional<? extends RuntimeException> over = ended.isPresent() ? ended : spent;
          if (over.isPresent()) {
            return CompletableFuture.failedFuture(over.get());
          }
          if (pending.withdrawn) {
            return CompletableFuture.failedFuture(withdrawn());
          }
          vigil.begin(pending.call.request(), later);
          pending.home.queue.add(pending);
          sendWhatMay(later);
          return pending.turn;
        });
  }

  /** Sends calls while a server has room, and sees to it that it is tried again in time. */
  private void sendWhatMay(Later later) {
    if (!vigil.begun() || ended.isPresent()) {
      return;
    }
    long now = time.nanos();
    boolean more = true;
    for (Server server : group.all()) {
      more = more && sendFrom(server, server, now, later);
    }
    // Those that wait for another server cannot be sent there now.
    for (Server server : group.all()) {
      Optional<Server> behind = group.withLongestWaiting();
      while (more && behind.isPresent() && server.hasRoom(now)) {
        more = sendFrom(server, behind.get(), now, later);
        behind = group.withLongestWaiting();
      }
    }
    if (group.withLongestWaiting().isPresent()) {
      for (Server server : group.all()) {
        long pause = server.pauseLeft(now);
        if (pause > 0) {
          wakeIn(pause, now);
        }
      }
    }
  }

  /**
   * Sends calls that wait for one server to that or another, while it has room.
   *
   * @return whether rates and budget would let more through
   */
  private boolean sendFrom(Server server, Server waitedFor, long now, Later later) {
    while (server.hasRoom(now) && !waitedFor.queue.isEmpty()) {
      OpenCall next = waitedFor.queue.peek();
      Estimate estimate = allowance.estimate(next.call);
      long delay = allowance.delay(now);
      if (delay > 0) {
        wakeIn(delay, now);
        return false;
      }
      switch (allowance.room(estimate)) {
        case ENOUGH -> {
          waitedFor.queue.remove();
          WireRequest wire = server.identity.orElseThrow().wire();
          send(new Attempt(next, server, now, estimate, wire), later);
        }
        case MAYBE_LATER -> {
          return false;
        }
        case NONE -> {
          stopSending(estimate, later);
          return false;
        }
      }
    }
    return true;
  }

  private void wakeIn(long nanos, long now) {
    long at = now + nanos;
    if (wakeAt.isEmpty() || wakeAt.getAsLong() - at > 0) {
      wakeAt = OptionalLong.of(at);
      time.after(
          Duration.ofNanos(nanos),
          () ->
              guard.run(
                  later -> {
                    if (wakeAt.isPresent() && wakeAt.getAsLong() - time.nanos() <= 0) {
                      wakeAt = OptionalLong.empty();
                    }
                    sendWhatMay(later);
                  }));
    }
  }

  private void send(Attempt attempt, Later later) {
    OpenCall pending = attempt.call();
    if (pending.attempts++ > 0) {
      counts.retried();
    }
    pending.sent = true;
    attempt.server().inFlight++;
    counts.sent();
    allowance.take(attempt.estimate(), attempt.begun());
    later.run(() -> carry(attempt));
  }

  /** Without the lock: writing and sending take their time. */
  private void carry(Attempt attempt) {
    Server server = attempt.server();
    ChatCall call = attempt.call().call;
    ChatRequest request = call.request();
    Optional<String> lacking = attempt.wire().lacking(request);
    if (lacking.isPresent()) {
      UserMistake mistake = Probing.lacks(server.address, attempt.wire(), lacking.get(), "");
      settle(attempt, new Outcome.Hopeless(mistake), Optional.empty());
      return;
    }
    long perToken = request.logprobs() ? BYTES_A_TOKEN_WITH_LOGPROBS : BYTES_A_TOKEN;
    CompletableFuture<Reply> reply =
        server.transport.send(
            new Transport.Outgoing(
                "POST",
                server.address.chat(),
                attempt.wire().body(call),
                BYTES_BESIDE_TOKENS + perToken * request.sampling().maxNewTokens() * call.choices(),
                limits.timeout()));
    guard.run(
        later -> {
          onTheWay.put(attempt, reply);
          if (ended.isPresent()) {
            later.run(() -> reply.cancel(true));
          }
        });
    Futures.whenDone(
        reply,
        whole -> {
          long millis = (time.nanos() - attempt.begun()) / 1_000_000;
          List<String> models = guard.get(later -> server.models());
          Outcome outcome = server.replies.ofCall(whole, call, models, time.now(), millis);
          settle(attempt, outcome, Pauses.exhausted(whole));
        },
        failure -> settle(attempt, Outcome.of(failure), Optional.empty()));
  }

  private void settle(Attempt attempt, Outcome outcome, Optional<Duration> exhausted) {
    guard.run(
        later -> {
          Server server = attempt.server();
          long now = time.nanos();
          onTheWay.remove(attempt);
          server.inFlight--;
          counts.returned();
          TokenCounts usage =
              outcome instanceof Outcome.Answered answered
                  ? usage(answered.answers(), attempt.estimate())
                  : TokenCounts.NONE;
          allowance.settle(attempt.call().call, attempt.estimate(), usage, now);
          if (ended.isEmpty()) {
            exhausted.ifPresent(pause -> server.pause(now, pause.toNanos()));
            settle(attempt, outcome, usage, now, later);
            sendWhatMay(later);
          }
        });
  }

  private void settle(Attempt attempt, Outcome outcome, TokenCounts usage, long now, Later later) {
    Server server = attempt.server();
    OpenCall pending = attempt.call();
    boolean again = outcome instanceof Outcome.Busy || outcome instanceof Outcome.Failed;
    pending.sent = !again;
    if (pending.withdrawn && again) {
      failTurn(pending, withdrawn(), later);
    } else if (outcome instanceof Outcome.Answered answered) {
      Optional<UserMistake> other = group.otherModel(server, answered.answers().model());
      if (other.isPresent()) {
        end(other.get(), later);
        return;
      }
      counts.answered(usage);
      server.window.answered();
      vigil.answered(server, now, later);
      CompletableFuture<List<ChatAnswer>> turn = pending.turn;
      later.run(() -> turn.complete(answered.answers().answers()));
    } else if (outcome instanceof Outcome.Busy busy) {
      server.window.refused(attempt.begun(), now, server.inFlight + 1);
      boolean others = server.health.blamesCall(attempt.begun());
      vigil.busy(server, busy, now);
      if (others && ++pending.refusals > REFUSALS) {
        failTurn(pending, refusedTooOften(busy), later);
      } else {
        pending.home.queue.add(pending);
      }
    } else if (outcome instanceof Outcome.Failed failed) {
      vigil.failed(server, pending, attempt.begun(), failed.fault(), now, later);
    } else if (outcome instanceof Outcome.Refused refused) {
      // A server that refuses is there.
      vigil.answered(server, now, later);
      refused(attempt, refused, later);
    } else {
      end(((Outcome.Hopeless) outcome).mistake(), later);
    }
  }

  private static CallFailed refusedTooOften(Outcome.Busy busy) {
    return new CallFailed(
        "refused %d times while others were answered, the last with %s"
            .formatted(REFUSALS + 1, busy.what()));
  }

  private static TokenCounts usage(Answers answers, Estimate estimate) {
    return answers.counted()
        ? answers.usage()
        : new TokenCounts((int) estimate.prompt(), 0, answers.usage().written(), 0);
  }

  /** Leaves out what the server does not take, where it is off; else the call fails for good. */
  private void refused(Attempt attempt, Outcome.Refused refused, Later later) {
    Server server = attempt.server();
    OpenCall pending = attempt.call();
    String parameter = refused.parameter();
    if (parameter.isEmpty() || attempt.wire().leftOut().contains(parameter)) {
      CallFailed failure =
          new CallFailed("%s refuses the call: %s".formatted(server.address, refused.what()));
      failTurn(pending, failure, later);
      return;
    }
    Probing.Identity known = server.identity.orElseThrow();
    Probing.Identity less =
        known.wire().leftOut().contains(parameter)
            ? known
            : known.without(parameter, server.address);
    Optional<String> lacking = less.wire().lacking(pending.call.request());
    if (lacking.isPresent()) {
      end(Probing.lacks(server.address, less.wire(), lacking.get(), refused.what()), later);
    } else {
      server.identity = Optional.of(less);
      pending.home.queue.add(pending);
    }
  }

  private static void failTurn(OpenCall pending, RuntimeException failure, Later later) {
    CompletableFuture<List<ChatAnswer>> turn = pending.turn;
    later.run(() -> turn.completeExceptionally(failure));
  }

  private void finish(OpenCall pending, List<ChatAnswer> answers) {
    guard.run(later -> open.remove(pending));
    pending.answers.complete(answers);
  }

  private void fail(OpenCall pending, Throwable failure) {
    guard.run(
        later -> {
          if (open.remove(pending)) {
            // What ends all calls is no failure of this one.
            if (failure instanceof CancellationException || failure instanceof UserMistake) {
              counts.withdrawn();
            } else {
              counts.failed();
            }
          }
        });
    pending.answers.completeExceptionally(
        failure instanceof Fault fault
            ? new CallFailed(
                "%d attempts failed while the endpoint answers others, the last with %s"
                    .formatted(pending.faults, fault.getMessage()))
            : failure);
  }

  /** The budget is spent: what is in flight is waited for, and nothing more is sent. */
  private void stopSending(Estimate next, Later later) {
    UserMistake mistake = new UserMistake(allowance.spent(next));
    spent = Optional.of(mistake);
    for (Server server : group.all()) {
      server.queue.forEach(pending -> failTurn(pending, mistake, later));
      server.queue.clear();
    }
  }

  /** No call is answered any more, for this reason. */
  private void end(RuntimeException failure, Later later) {
    if (ended.isPresent()) {
      return;
    }
    ended = Optional.of(failure);
    List<OpenCall> all = List.copyOf(open);
    List<CompletableFuture<Reply>> replies = List.copyOf(onTheWay.values());
    CompletableFuture<EndpointReport> waiting = report;
    open.clear();
    all.forEach(pending -> counts.withdrawn());
    for (Server server : group.all()) {
      server.queue.clear();
      server.doubts.clear();
    }
    later.run(
        () -> {
          waiting.completeExceptionally(failure);
          all.forEach(pending -> pending.answers.completeExceptionally(failure));
          replies.forEach(reply -> reply.cancel(true));
        });
  }

  /** The pause that a server asks for; a negative one where it does not. */
  private static Duration pause(Throwable failure) {
    return failure instanceof Fault fault
        ? fault.pause().orElse(Duration.ofNanos(-1))
        : Duration.ofNanos(-1);
  }

  /** What the watch over the servers does with calls. */
  private final class Watched implements Vigil.Calls {
    @Override
    public int open() {
      return open.size();
    }

    @Override
    public boolean ended() {
      return ended.isPresent();
    }

    @Override
    public void blame(OpenCall pending, Fault fault, Later later) {
      pending.faults++;
      if (pending.faults <= limits.retries()) {
        retriesByFaults++;
        // A restart fails all calls in flight at once: two of them must not end a young run.
        int floor = Math.max(RETRY_FLOOR, 2 * limits.maxInFlight());
        if (retriesByFaults > floor + limits.retryBudget() * counts.asked()) {
          end(tooMany(fault), later);
          return;
        }
      }
      failTurn(pending, fault, later);
    }

    @Override
    public void spent(TokenCounts usage) {
      allowance.spend(usage);
      counts.spent(usage);
    }

    @Override
    public void end(RuntimeException failure, Later later) {
      EndpointClient.this.end(failure, later);
    }

    @Override
    public void met(EndpointReport found, Later later) {
      if (!report.isDone() || (found.reached() && !report.join().reached())) {
        CompletableFuture<EndpointReport> waiting = report;
        report = CompletableFuture.completedFuture(found);
        later.run(() -> waiting.complete(found));
      }
    }

    @Override
    public void sendWhatMay(Later later) {
      EndpointClient.this.sendWhatMay(later);
    }

    private UserMistake tooMany(Fault fault) {
      return new UserMistake(
          "%s fails too often: %d attempts had to be made again for %d calls, the last after %s; run the same command again when it is mended"
              .formatted(group, retriesByFaults, counts.asked(), fault.getMessage()));
    }
  }
}
