package io.capoflow.models.critic;

import io.capoflow.models.endpoint.EndpointReport;
import java.util.concurrent.CompletableFuture;

/**
 * A look at the server of a critic, and at the calls that this process makes there. Thread-safe.
 */
public interface ServerWatch extends AutoCloseable {
  /** What the critiques of this process came to, since it first asked. */
  CriticCalls calls();

  /**
   * What the server is and what it lacks, see {@link
   * io.capoflow.models.endpoint.ChatClient#report}.
   */
  CompletableFuture<EndpointReport> report();

  /** Critiques of this process that are waited for. */
  int open();

  /**
   * Gives up what waits for its turn, and waits until what is on its way is in the journal: it is
   * paid for.
   */
  void finish();

  @Override
  void close();
}
