package io.capoflow.models.endpoint;

import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Carries requests to servers and their replies back. Thread-safe. */
interface Transport extends AutoCloseable {
  /**
   * Sends a request.
   *
   * @return the reply, whatever its status; fails with {@link Fault} when none came whole, and with
   *     {@link io.capoflow.schemas.UserMistake} when the request cannot be sent at all. Cancelling
   *     it breaks the connection.
   */
  CompletableFuture<Reply> send(Outgoing request);

  @Override
  void close();

  /**
   * A request.
   *
   * @param method of HTTP
   * @param uri of the server
   * @param body JSON; empty with GET
   * @param maxBytes of the reply's body, above which the connection is broken
   * @param timeout from sending the request to the last byte of the reply
   */
  record Outgoing(String method, URI uri, String body, long maxBytes, Duration timeout) {}
}
