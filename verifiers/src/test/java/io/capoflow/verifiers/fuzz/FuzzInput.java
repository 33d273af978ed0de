package io.capoflow.verifiers.fuzz;

import static java.util.Objects.requireNonNull;

/**
 * A pair to verify, whatever the verdict.
 *
 * @param kind how it was made: grammar, mutation, tokens, characters, or the name of a hostile
 *     input
 */
public record FuzzInput(String kind, String response, String gold) {
  public FuzzInput {
    requireNonNull(kind, "kind");
    requireNonNull(response, "response");
    requireNonNull(gold, "gold");
  }
}
