package io.capoflow.models.endpoint;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import io.capoflow.models.endpoint.AnswerReader.Answers;
import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;
import io.capoflow.models.endpoint.Estimates.Estimate;
import io.capoflow.models.endpoint.Pending.Attempt;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.UserMistake;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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
 * again where it failed. Thread-safe; no call has a thread. One lock guards all state; what leaves
 * the client, requests and finished futures, leaves after the lock is free.
 *
 * <p>A call that fails by itself is made again as {@link RetryPolicy} has it: with pauses that
 * double, some jitter, or the pause that the server asks for. What no call can help is outside of
 * it: waiting for a turn, for a busy server, for one that is down.
 */
final class EndpointClient implements ChatClient {
  private static final Duration FIRST_DELAY = Duration.ofSeconds(1);
  private static final Duration LONGEST_DELAY = Duration.ofSeconds(60);
  private static final double JITTER = 0.25;

  /** Retries that a run has however few calls it makes; a restart fails all calls in flight. */
  private static final long RETRY_FLOOR = 100;

  private static final long BYTES_BESIDE_TOKENS = 1 << 20;
  private static final long BYTES_A_TOKEN = 1 << 8;
  private static final long BYTES_A_TOKEN_WITH_LOGPROBS = 1 << 10;

  private final EndpointSpec spec;
  private final CallLimits limits;
  private final Time time;
  private final List<Server> servers = new ArrayList<>();
  private final FailsafeExecutor<List<ChatAnswer>> retrying;
  private final Set<Pending> open = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Map<Attempt, CompletableFuture<Reply>> onTheWay = new HashMap<>();
  private final Estimates estimates = new Estimates();
  private final Budget budget;
  private final Pace requests;
  private final Pace tokens;
  private final CallCounts counts;
  private CompletableFuture<EndpointReport> report = new CompletableFuture<>();
  private Optional<ChatRequest> shape = Optional.empty();
  private Optional<Probing.Identity> reference = Optional.empty();
  private int firstProbes;
  private long asked;
  private long retriesByFaults;
  private Optional<RuntimeException> ended = Optional.empty();
  private Optional<UserMistake> spent = Optional.empty();
  private OptionalLong wakeAt = OptionalLong.empty();

  /** How the requests to a server travel. */
  @FunctionalInterface
  interface Transports {
    Transport to(ServerAddress server);
  }

  private EndpointClient(
      EndpointSpec spec, Credentials credentials, Time time, Transports transports) {
    this.spec = spec;
    this.time = time;
    limits = spec.limits();
    budget = new Budget(limits, spec.prices());
    counts = new CallCounts(spec.prices());
    long now = time.nanos();
    requests = new Pace((double) limits.requestsPerMinute() / limits.workers(), now);
    tokens = new Pace((double) limits.tokensPerMinute() / limits.workers(), now);
    for (String url : spec.urls()) {
      ServerAddress address = ServerAddress.of(url);
      Transport transport = transports.to(address);
      Replies replies = new Replies(address, spec, credentials);
      Probing probing = new Probing(address, spec, transport, replies, time);
      servers.add(new Server(address, transport, replies, probing, limits.maxInFlight()));
    }
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
    return open(
        spec,
        environment,
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
    Server home = home(call.request());
    Pending pending;
    List<Runnable> then = new ArrayList<>();
    synchronized (this) {
      pending = new Pending(call, asked++, home);
      counts.asked();
      open.add(pending);
      if (open.size() == 1) {
        waitForThoseInTrouble(then);
      }
    }
    then.forEach(Runnable::run);
    Futures.whenDone(
        retrying.getStageAsync(() -> takeTurn(pending)),
        answers -> finish(pending, answers),
        failure -> fail(pending, failure));
    return pending.answers;
  }

  @Override
  public CompletableFuture<EndpointReport> report() {
    ChatRequest smallest =
        new ChatRequest(spec.model(), List.of(), new SamplingParameters(1, 1, 1), false, "{}", 0);
    return locked(
        then -> {
          begin(smallest, then);
          return report;
        });
  }

  @Override
  public synchronized CallFigures figures() {
    return counts.figures();
  }

  @Override
  public void close() {
    end(new CancellationException("the client was closed"));
    servers.forEach(server -> server.transport.close());
    time.close();
  }

  /** Why no call is answered any more; empty where calls are. */
  synchronized Optional<RuntimeException> ended() {
    return ended;
  }

  // ---- turns

  private CompletableFuture<List<ChatAnswer>> takeTurn(Pending pending) {
    return locked(
        then -> {
          pending.turn = new CompletableFuture<>();
          Optional<? extends RuntimeException> over = ended.isPresent() ? ended : spent;
          if (over.isPresent()) {
            return CompletableFuture.failedFuture(over.get());
          }
          begin(pending.call.request(), then);
          pending.home.queue.add(pending);
          sendWhatMay(then);
          return pending.turn;
        });
  }

  private void begin(ChatRequest request, List<Runnable> then) {
    if (shape.isEmpty() && ended.isEmpty()) {
      shape = Optional.of(request);
      firstProbes = servers.size();
      servers.forEach(server -> probe(server, then));
    }
  }

  /** Sends calls while a server has room, and sees to it that it is tried again in time. */
  private void sendWhatMay(List<Runnable> then) {
    if (firstProbes > 0 || ended.isPresent() || spent.isPresent()) {
      return;
    }
    long now = time.nanos();
    for (Server server : servers) {
      sendFrom(server, server, now, then);
    }
    for (Server server : servers) {
      // Those that wait elsewhere cannot be sent there.
      for (Server behind = longestWaiting(); behind != null; behind = longestWaiting()) {
        if (!sendFrom(server, behind, now, then)) {
          break;
        }
      }
    }
    for (Server server : servers) {
      long pause = server.pauseLeft(now);
      if (pause > 0 && longestWaiting() != null) {
        wakeIn(pause, now);
      }
    }
  }

  private Server longestWaiting() {
    Server first = null;
    for (Server server : servers) {
      if (!server.queue.isEmpty()
          && (first == null || server.queue.peek().order() < first.queue.peek().order())) {
        first = server;
      }
    }
    return first;
  }

  /** Sends calls that wait for a server to it or to another; says whether there was any. */
  private boolean sendFrom(Server server, Server waitedFor, long now, List<Runnable> then) {
    boolean any = false;
    while (server.hasRoom(now) && !waitedFor.queue.isEmpty() && spent.isEmpty()) {
      Pending next = waitedFor.queue.peek();
      Estimate estimate = estimates.of(next.call);
      long delay = Math.max(requests.delay(now), tokens.delay(now));
      if (delay > 0) {
        wakeIn(delay, now);
        return false;
      }
      switch (budget.room(estimate)) {
        case ENOUGH -> {
          waitedFor.queue.remove();
          send(new Attempt(next, server, now, estimate, server.identity.get().wire()), then);
          any = true;
        }
        case MAYBE_LATER -> {
          return false;
        }
        case NONE -> {
          stopSending(estimate, then);
          return false;
        }
      }
    }
    return any;
  }

  private void wakeIn(long nanos, long now) {
    long at = now + nanos;
    if (wakeAt.isEmpty() || wakeAt.getAsLong() - at > 0) {
      wakeAt = OptionalLong.of(at);
      time.after(
          Duration.ofNanos(nanos),
          () ->
              locked(
                  then -> {
                    if (wakeAt.isPresent() && wakeAt.getAsLong() - time.nanos() <= 0) {
                      wakeAt = OptionalLong.empty();
                    }
                    sendWhatMay(then);
                    return null;
                  }));
    }
  }

  private void send(Attempt attempt, List<Runnable> then) {
    Pending pending = attempt.call();
    if (pending.attempts++ > 0) {
      counts.retried();
    }
    attempt.server().inFlight++;
    counts.sent();
    budget.reserve(attempt.estimate());
    requests.take(1, attempt.begun());
    tokens.take(attempt.estimate().prompt() + attempt.estimate().likely(), attempt.begun());
    then.add(() -> carry(attempt));
  }

  /** Without the lock: writing and sending take their time. */
  private void carry(Attempt attempt) {
    Server server = attempt.server();
    ChatCall call = attempt.call().call;
    ChatRequest request = call.request();
    Optional<String> lacking = attempt.wire().lacking(request);
    if (lacking.isPresent()) {
      settle(
          attempt,
          new Outcome.Hopeless(Probing.lacks(server.address, attempt.wire(), lacking.get(), "")));
      return;
    }
    long perToken = request.logprobs() ? BYTES_A_TOKEN_WITH_LOGPROBS : BYTES_A_TOKEN;
    long maxBytes =
        BYTES_BESIDE_TOKENS + perToken * request.sampling().maxNewTokens() * call.choices();
    CompletableFuture<Reply> reply =
        server.transport.send(
            new Transport.Outgoing(
                "POST",
                server.address.chat(),
                attempt.wire().body(call),
                maxBytes,
                limits.timeout()));
    boolean tooLate =
        locked(
            then -> {
              onTheWay.put(attempt, reply);
              return ended.isPresent();
            });
    if (tooLate) {
      reply.cancel(true);
    }
    Futures.whenDone(
        reply,
        whole -> {
          long millis = (time.nanos() - attempt.begun()) / 1_000_000;
          List<String> models = attempt.server().models();
          Outcome outcome = server.replies.ofCall(whole, call, models, time.now(), millis);
          settle(attempt, outcome, Pauses.exhausted(whole));
        },
        failure -> settle(attempt, outcome(failure)));
  }

  private static Outcome outcome(Throwable failure) {
    if (failure instanceof Fault fault) {
      return new Outcome.Failed(fault);
    }
    return failure instanceof UserMistake mistake
        ? new Outcome.Hopeless(mistake)
        : new Outcome.Failed(new Fault("a failure of ours: " + failure.getClass().getName()));
  }

  // ---- outcomes

  private void settle(Attempt attempt, Outcome outcome) {
    settle(attempt, outcome, Optional.empty());
  }

  private void settle(Attempt attempt, Outcome outcome, Optional<Duration> exhausted) {
    locked(
        then -> {
          onTheWay.remove(attempt);
          attempt.server().inFlight--;
          counts.returned();
          long now = time.nanos();
          TokenCounts usage =
              outcome instanceof Outcome.Answered answered
                  ? usage(answered.answers(), attempt.estimate())
                  : TokenCounts.NONE;
          budget.settle(attempt.estimate(), usage);
          long taken = attempt.estimate().prompt() + attempt.estimate().likely();
          tokens.giveBack(taken - usage.prompt() - usage.written(), now);
          if (ended.isEmpty()) {
            exhausted.ifPresent(pause -> attempt.server().pause(now, pause.toNanos()));
            settle(attempt, outcome, usage, now, then);
            sendWhatMay(then);
          }
          return null;
        });
  }

  private void settle(
      Attempt attempt, Outcome outcome, TokenCounts usage, long now, List<Runnable> then) {
    Server server = attempt.server();
    Pending pending = attempt.call();
    if (outcome instanceof Outcome.Answered answered) {
      Optional<UserMistake> other = otherModel(server, answered.answers().model());
      if (other.isPresent()) {
        end(other.get(), then);
        return;
      }
      counts.answered(usage);
      estimates.answered(pending.call, usage);
      server.window.answered();
      answeredBy(server, now, then);
      CompletableFuture<List<ChatAnswer>> turn = pending.turn;
      then.add(() -> turn.complete(answered.answers().answers()));
    } else if (outcome instanceof Outcome.Busy busy) {
      server.window.refused(attempt.begun(), now, server.inFlight + 1);
      long pause = busy.pause().map(Duration::toNanos).orElseGet(server.health::nextPause);
      server.pause(now, pause);
      trouble(server, busy.what(), now);
      pending.home.queue.add(pending);
    } else if (outcome instanceof Outcome.Failed failed) {
      if (server.health.blamesCall(attempt.begun())) {
        blame(pending, failed.fault(), then);
      } else {
        server.doubts.add(new Server.Doubt(pending, failed.fault()));
        server.setLastTrouble(failed.fault().getMessage());
        if (server.health.state() == Health.State.UP) {
          trouble(server, failed.fault().getMessage(), now);
          server.health.doubted();
          probe(server, then);
        } else if (server.health.state() == Health.State.DOWN) {
          release(server);
        }
      }
    } else if (outcome instanceof Outcome.Refused refused) {
      // A server that refuses is there.
      answeredBy(server, now, then);
      refused(attempt, refused, then);
    } else {
      end(((Outcome.Hopeless) outcome).mistake(), then);
    }
  }

  private static TokenCounts usage(Answers answers, Estimate estimate) {
    return answers.counted()
        ? answers.usage()
        : new TokenCounts((int) estimate.prompt(), 0, answers.usage().written(), 0);
  }

  /** The call failed by itself. */
  private void blame(Pending pending, Fault fault, List<Runnable> then) {
    pending.faults++;
    if (pending.faults <= limits.retries()) {
      retriesByFaults++;
      double allowed =
          Math.max(RETRY_FLOOR, 2L * limits.maxInFlight()) + limits.retryBudget() * asked;
      if (retriesByFaults > allowed) {
        end(
            new UserMistake(
                "%s fails too often: %d attempts had to be made again for %d calls, the last for %s; run the same command again when it is mended"
                    .formatted(addresses(), retriesByFaults, asked, fault.getMessage())),
            then);
        return;
      }
    }
    CompletableFuture<List<ChatAnswer>> turn = pending.turn;
    then.add(() -> turn.completeExceptionally(fault));
  }

  private void refused(Attempt attempt, Outcome.Refused refused, List<Runnable> then) {
    Server server = attempt.server();
    Pending pending = attempt.call();
    String parameter = refused.parameter();
    Probing.Identity known = server.identity.get();
    if (!parameter.isEmpty() && !attempt.wire().leftOut().contains(parameter)) {
      Probing.Identity less =
          known.wire().leftOut().contains(parameter)
              ? known
              : known.without(parameter, server.address);
      Optional<String> lacking = less.wire().lacking(pending.call.request());
      if (lacking.isPresent()) {
        end(Probing.lacks(server.address, less.wire(), lacking.get(), refused.what()), then);
      } else {
        server.identity = Optional.of(less);
        pending.home.queue.add(pending);
      }
      return;
    }
    CompletableFuture<List<ChatAnswer>> turn = pending.turn;
    then.add(
        () ->
            turn.completeExceptionally(
                new CallFailed(
                    "%s refuses the call: %s".formatted(server.address, refused.what()))));
  }

  private void finish(Pending pending, List<ChatAnswer> answers) {
    locked(
        then -> {
          open.remove(pending);
          return null;
        });
    pending.answers.complete(answers);
  }

  private void fail(Pending pending, Throwable failure) {
    locked(
        then -> {
          if (open.remove(pending)) {
            counts.failed();
          }
          return null;
        });
    if (failure instanceof Fault fault) {
      pending.answers.completeExceptionally(
          new CallFailed(
              "%d attempts failed while the endpoint answers others, the last with %s"
                  .formatted(pending.faults, fault.getMessage())));
    } else {
      pending.answers.completeExceptionally(failure);
    }
  }

  // ---- health

  private void answeredBy(Server server, long now, List<Runnable> then) {
    server.health.answered(now);
    List<Server.Doubt> doubts = List.copyOf(server.doubts);
    server.doubts.clear();
    doubts.forEach(doubt -> blame(doubt.call(), doubt.fault(), then));
  }

  /** Calls whose attempts failed go on waiting: it was not their fault. */
  private static void release(Server server) {
    server.doubts.forEach(doubt -> doubt.call().home.queue.add(doubt.call()));
    server.doubts.clear();
  }

  private void trouble(Server server, String what, long now) {
    server.setLastTrouble(what);
    if (server.health.troubleSince().isEmpty()) {
      server.health.troubled(now);
      time.after(limits.patience(), this::stopIfOutOfPatience);
    }
  }

  private void probe(Server server, List<Runnable> then) {
    server.probePlanned = true;
    ChatRequest asked = shape.orElseThrow();
    Optional<Probing.Identity> known = server.identity;
    then.add(
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
    locked(
        then -> {
          server.probePlanned = false;
          boolean first = server.health.state() == Health.State.UNKNOWN;
          if (ended.isPresent()) {
            return null;
          }
          long now = time.nanos();
          if (result instanceof Probing.Result.There there) {
            budget.spend(there.usage());
            counts.spent(there.usage());
            there(server, there.identity(), now, then);
          } else if (result instanceof Probing.Result.Silent silent) {
            if (server.health.state() != Health.State.UP) {
              silent(server, silent, now);
            }
          } else {
            end(((Probing.Result.Hopeless) result).mistake(), then);
          }
          if (first && ended.isEmpty()) {
            firstProbes--;
          }
          if (firstProbes == 0 && ended.isEmpty()) {
            conclude(then);
          }
          sendWhatMay(then);
          return null;
        });
  }

  private void there(Server server, Probing.Identity identity, long now, List<Runnable> then) {
    if (server.identity.isEmpty()) {
      Optional<UserMistake> differing = reference.flatMap(one -> differing(server, one, identity));
      if (differing.isPresent()) {
        end(differing.get(), then);
        return;
      }
      server.identity = Optional.of(identity);
      if (reference.isEmpty()) {
        reference = Optional.of(identity);
      }
    } else {
      Optional<UserMistake> other = otherModel(server, identity.model());
      if (other.isPresent()) {
        end(other.get(), then);
        return;
      }
    }
    answeredBy(server, now, then);
  }

  private void silent(Server server, Probing.Result.Silent silent, long now) {
    trouble(server, silent.what(), now);
    server.health.down();
    release(server);
    planProbe(server, silent.pause());
  }

  private void planProbe(Server server, Optional<Duration> pause) {
    server.probePlanned = true;
    Duration next = Duration.ofNanos(server.health.nextPause());
    time.after(
        pause.filter(longer -> longer.compareTo(next) > 0).orElse(next),
        () ->
            locked(
                then -> {
                  server.probePlanned = false;
                  boolean down = server.health.state() == Health.State.DOWN;
                  if (down && ended.isEmpty() && !open.isEmpty()) {
                    probe(server, then);
                  }
                  return null;
                }));
  }

  /** The first call after a while without any: what was down then may be up by now. */
  private void waitForThoseInTrouble(List<Runnable> then) {
    long now = time.nanos();
    for (Server server : servers) {
      if (server.health.troubleSince().isPresent()) {
        server.health.waitedFor(now);
        time.after(limits.patience(), this::stopIfOutOfPatience);
        if (server.health.state() == Health.State.DOWN && !server.probePlanned) {
          probe(server, then);
        }
      }
    }
  }

  private void stopIfOutOfPatience() {
    locked(
        then -> {
          long now = time.nanos();
          long waited = Long.MAX_VALUE;
          for (Server server : servers) {
            OptionalLong since = server.health.troubleSince();
            waited = Math.min(waited, since.isPresent() ? now - since.getAsLong() : 0);
          }
          if (ended.isEmpty() && !open.isEmpty() && waited >= limits.patience().toNanos()) {
            Instant since = time.now().minusNanos(waited);
            end(
                new UserMistake(
                    "no answer from %s since %s: %s; %d calls wait; run the same command again when it answers"
                        .formatted(
                            addresses(),
                            since.truncatedTo(java.time.temporal.ChronoUnit.SECONDS),
                            servers.get(0).lastTrouble(),
                            open.size())),
                then);
          }
          return null;
        });
  }

  // ---- what the servers are

  private void conclude(List<Runnable> then) {
    if (reference.isEmpty()) {
      EndpointReport nothing =
          new EndpointReport(false, spec.model(), "", "", spec.dialect(), List.of());
      CompletableFuture<EndpointReport> waiting = report;
      report = CompletableFuture.completedFuture(nothing);
      then.add(() -> waiting.complete(nothing));
      return;
    }
    if (!report.isDone() || !report.join().reached()) {
      Probing.Identity one = reference.get();
      List<String> notes =
          servers.stream()
              .flatMap(server -> server.identity.stream())
              .flatMap(identity -> identity.notes().stream())
              .toList();
      EndpointReport found =
          new EndpointReport(
              true,
              one.model().isEmpty() ? spec.model() : one.model(),
              one.fingerprint(),
              one.version(),
              one.wire().dialect(),
              notes);
      CompletableFuture<EndpointReport> waiting = report;
      report = CompletableFuture.completedFuture(found);
      then.add(() -> waiting.complete(found));
    }
  }

  private Optional<UserMistake> differing(
      Server server, Probing.Identity one, Probing.Identity other) {
    boolean sameModel =
        one.model().isEmpty() || other.model().isEmpty() || one.model().equals(other.model());
    boolean sameVersion = one.version().equals(other.version());
    if (sameModel && sameVersion) {
      return Optional.empty();
    }
    return Optional.of(
        new UserMistake(
            "the servers of one endpoint must be alike: %s has %s, another has %s"
                .formatted(
                    server.address,
                    sameModel ? said(other.version()) : other.model(),
                    sameModel ? said(one.version()) : one.model())));
  }

  private static String said(String version) {
    return version.isEmpty() ? "no known version" : version;
  }

  private Optional<UserMistake> otherModel(Server server, String model) {
    String expected = reference.map(Probing.Identity::model).orElse("");
    return model.isEmpty()
            || expected.isEmpty()
            || model.equals(expected)
            || model.equals(spec.model())
        ? Optional.empty()
        : Optional.of(
            new UserMistake(
                "%s answered as %s, where %s answered before: the run stops, since another model is another critic; run the same command again when %s is back"
                    .formatted(server.address, model, expected, expected)));
  }

  /** Calls with one prompt go to one server, whichever process makes them. */
  private Server home(ChatRequest request) {
    if (servers.size() == 1) {
      return servers.get(0);
    }
    String digest =
        Digests.ofParts(
            request.messages().stream()
                .flatMap(
                    message -> java.util.stream.Stream.of(message.getRole(), message.getContent()))
                .toArray(String[]::new));
    return servers.get((int) (Long.parseLong(digest, 0, 8, 16) % servers.size()));
  }

  private String addresses() {
    return String.join(" and ", servers.stream().map(server -> server.address.toString()).toList());
  }

  // ---- endings

  /** The budget is spent: what is in flight is waited for, and nothing more is sent. */
  private void stopSending(Estimate next, List<Runnable> then) {
    UserMistake mistake =
        new UserMistake(budget.spent(next) + "; run the same command again to go on");
    spent = Optional.of(mistake);
    for (Server server : servers) {
      server.queue.forEach(
          pending -> {
            CompletableFuture<List<ChatAnswer>> turn = pending.turn;
            then.add(() -> turn.completeExceptionally(mistake));
          });
      server.queue.clear();
    }
  }

  private void end(RuntimeException failure) {
    locked(
        then -> {
          end(failure, then);
          return null;
        });
  }

  /** Nothing is answered any more, for this reason. */
  private void end(RuntimeException failure, List<Runnable> then) {
    if (ended.isPresent()) {
      return;
    }
    ended = Optional.of(failure);
    List<Pending> all = List.copyOf(open);
    open.clear();
    List<CompletableFuture<Reply>> replies = List.copyOf(onTheWay.values());
    servers.forEach(
        server -> {
          server.queue.clear();
          server.doubts.clear();
        });
    all.forEach(pending -> counts.failed());
    CompletableFuture<EndpointReport> waiting = report;
    then.add(
        () -> {
          waiting.completeExceptionally(failure);
          all.forEach(pending -> pending.answers.completeExceptionally(failure));
          replies.forEach(reply -> reply.cancel(true));
        });
  }

  // ---- the lock

  @FunctionalInterface
  private interface Work<T> {
    T run(List<Runnable> then);
  }

  /** Does something under the lock, and what it wants done outside of it afterwards. */
  private <T> T locked(Work<T> work) {
    List<Runnable> then = new ArrayList<>();
    T result;
    synchronized (this) {
      result = work.run(then);
    }
    then.forEach(Runnable::run);
    return result;
  }

  /** The pause that a server asks for; a negative one where it does not. */
  private static Duration pause(Throwable failure) {
    return failure instanceof Fault fault
        ? fault.pause().orElse(Duration.ofNanos(-1))
        : Duration.ofNanos(-1);
  }
}
