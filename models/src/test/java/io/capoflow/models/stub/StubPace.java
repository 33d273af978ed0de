package io.capoflow.models.stub;

import com.fasterxml.jackson.databind.JsonNode;

/** How long a {@link StubServer} works at a call. Thread-safe. */
@FunctionalInterface
public interface StubPace {
  /**
   * Returns when the call has been worked at.
   *
   * @param request the body as it was sent
   */
  void serve(JsonNode request);
}
