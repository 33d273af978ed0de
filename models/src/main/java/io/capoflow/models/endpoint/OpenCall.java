package io.capoflow.models.endpoint;

import io.capoflow.models.endpoint.Estimates.Estimate;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A call that was asked and not answered yet. Guarded by the lock of its client, apart from what is
 * final.
 */
final class OpenCall {
  final ChatCall call;

  /** What the one who asked waits for. */
  final CompletableFuture<List<ChatAnswer>> answers = new CompletableFuture<>();

  /** The server that calls with this prompt go to. */
  final Server home;

  private final long order;

  /** What the present attempt comes to. */
  CompletableFuture<List<ChatAnswer>> turn = new CompletableFuture<>();

  /** A server may have it, or has answered it: it may have to be paid for. */
  boolean sent;

  /** Nobody wants it any more: it is not made again. */
  boolean withdrawn;

  int attempts;
  int faults;
  int refusals;

  OpenCall(ChatCall call, long order, Server home) {
    this.call = call;
    this.order = order;
    this.home = home;
  }

  long order() {
    return order;
  }

  /**
   * A call on its way.
   *
   * @param begun when it was sent
   * @param estimate what is reserved for it
   * @param wire how it was written
   */
  record Attempt(OpenCall call, Server server, long begun, Estimate estimate, WireRequest wire) {}
}
