package io.capoflow.models.endpoint;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a probe found out about the endpoints, all of which agree.
 *
 * @param reached whether any endpoint answered; where none did, the rest says nothing
 * @param model as the answers name it
 * @param fingerprint as the answers give it; empty where they give none
 * @param server name and version of the server, such as {@code vllm 0.32.0}; empty where unknown
 * @param dialect in which it is asked
 * @param notes what it lacks and how that is worked round, a sentence each
 */
public record EndpointReport(
    boolean reached,
    String model,
    String fingerprint,
    String server,
    Dialect dialect,
    List<String> notes) {
  public EndpointReport {
    notes = List.copyOf(notes);
  }

  /** Model, fingerprint and server in one text: what of a server can change its answers. */
  public String identity() {
    return Stream.of(model, fingerprint, server)
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining(", "));
  }
}
