package io.capoflow.models.endpoint;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Asks the servers of an endpoint. Thread-safe. */
final class EndpointClient implements ChatClient {
  private static final long MAX_BYTES = 32L << 20;

  private final EndpointSpec spec;
  private final Time time = new SystemTime();
  private final ServerAddress server;
  private final Transport transport;
  private final WireRequest wire;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private int inFlight;
  private long answered;
  private long failed;

  private record Waiting(ChatCall call, CompletableFuture<List<ChatAnswer>> answers) {}

  private EndpointClient(EndpointSpec spec, Environment environment) {
    this.spec = spec;
    server = ServerAddress.of(spec.urls().get(0));
    transport = new HttpTransport(server, new Credentials(spec, environment), environment, time);
    wire = new WireRequest(spec.dialect() == Dialect.AUTO ? Dialect.VLLM : spec.dialect());
  }

  static EndpointClient open(EndpointSpec spec) {
    return new EndpointClient(spec, Environment.OF_PROCESS);
  }

  @Override
  public CompletableFuture<List<ChatAnswer>> ask(ChatCall call) {
    Waiting asked = new Waiting(call, new CompletableFuture<>());
    synchronized (this) {
      waiting.add(asked);
    }
    sendNext();
    return asked.answers();
  }

  private void sendNext() {
    Waiting next;
    synchronized (this) {
      if (inFlight >= spec.limits().maxInFlight() || waiting.isEmpty()) {
        return;
      }
      next = waiting.remove();
      inFlight++;
    }
    long begun = time.nanos();
    var unused =
        transport
            .send(
                new Transport.Outgoing(
                    "POST",
                    server.chat(),
                    wire.body(next.call()),
                    MAX_BYTES,
                    spec.limits().timeout()))
            .thenApply(
                reply -> {
                  if (reply.status() != 200) {
                    throw new Fault("status " + reply.status());
                  }
                  return AnswerReader.read(
                          reply.body(), next.call().choices(), (time.nanos() - begun) / 1_000_000)
                      .answers();
                })
            .whenComplete((answers, failure) -> settle(next, answers, failure));
  }

  private void settle(Waiting asked, List<ChatAnswer> answers, Throwable failure) {
    synchronized (this) {
      inFlight--;
      if (failure == null) {
        answered++;
      } else {
        failed++;
      }
    }
    if (failure == null) {
      asked.answers().complete(answers);
    } else {
      Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
      asked.answers().completeExceptionally(new CallFailed(cause.getMessage(), cause));
    }
    sendNext();
  }

  @Override
  public CompletableFuture<EndpointReport> report() {
    return CompletableFuture.completedFuture(
        new EndpointReport(true, spec.model(), "", "", wire.dialect(), List.of()));
  }

  @Override
  public synchronized CallFigures figures() {
    return new CallFigures(waiting.size(), inFlight, answered, 0, failed, 0, 0, 0, 0);
  }

  @Override
  public void close() {
    synchronized (this) {
      waiting.forEach(asked -> asked.answers().cancel(true));
      waiting.clear();
    }
    transport.close();
    time.close();
  }
}
