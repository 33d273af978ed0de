package io.capoflow.models.endpoint;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Asks a chat model. Thread-safe; one client serves all threads of a process, and keeps the limits
 * of its endpoint for all of them.
 */
public interface ChatClient extends AutoCloseable {
  /**
   * Makes a call, in its turn: returns at once, however many calls are before it.
   *
   * <p>The future has as many answers as the call has choices, in the order of their indices. It
   * fails with {@link CallFailed} when this call fails for good while its endpoint answers others,
   * and with {@link io.capoflow.schemas.UserMistake} when no call can be answered: a refused key,
   * an unknown model, an endpoint that is down for longer than its patience, a spent budget.
   * Nothing else is thrown. Futures complete on threads of the client: whoever waits there waits
   * for all.
   */
  CompletableFuture<List<ChatAnswer>> ask(ChatCall call);

  /**
   * Gives up a call that waits for its turn: its future is cancelled. One that is on its way is
   * paid for, and goes on.
   *
   * @param asked the future that {@link #ask} gave
   */
  void withdraw(CompletableFuture<List<ChatAnswer>> asked);

  /**
   * Whether every call fails from now on, by a fault that lasts or a spent budget. Another client
   * may have more luck, when that is mended.
   */
  boolean hasEnded();

  /**
   * What the endpoint is and what it lacks. Found out once, by whoever asks first, with the
   * smallest answer to a request of that shape.
   *
   * @param shape a request with the parameters of those that are to come; its messages do not
   *     matter
   */
  CompletableFuture<EndpointReport> report(ChatRequest shape);

  /** What was done so far. */
  CallFigures figures();

  /** Gives up calls that were not answered: their futures are cancelled. */
  @Override
  void close();
}
