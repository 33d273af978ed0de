package io.capoflow.models.stub;

import com.fasterxml.jackson.databind.JsonNode;

/** What a {@link StubServer} writes: a pure function of these, thread-safe. */
@FunctionalInterface
public interface StubAnswer {
  /** Critiques that are read by our parser, whatever the template. */
  StubAnswer CRITIQUES = new StubCritique();

  /**
   * The text of one choice.
   *
   * @param request the body as it was sent
   * @param draw differs from request to request, and from seed to seed
   */
  String text(JsonNode request, long draw);
}
