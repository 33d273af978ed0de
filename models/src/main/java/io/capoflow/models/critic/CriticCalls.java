package io.capoflow.models.critic;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.endpoint.CallFigures;

/**
 * What the critiques of a process came to.
 *
 * @param calls made to servers
 * @param answered critiques that servers wrote
 * @param found critiques that were in the journal
 * @param shared critiques that were asked for while an equal one was
 */
public record CriticCalls(CallFigures calls, long answered, long found, long shared) {
  public static final CriticCalls NONE = new CriticCalls(CallFigures.NONE, 0, 0, 0);

  public CriticCalls {
    requireNonNull(calls, "calls");
  }

  /** Those of both, of which none is counted twice. */
  public CriticCalls and(CriticCalls other) {
    return new CriticCalls(
        calls.and(other.calls),
        answered + other.answered,
        found + other.found,
        shared + other.shared);
  }

  /** Those since an earlier look. */
  public CriticCalls since(CriticCalls earlier) {
    return new CriticCalls(
        calls.since(earlier.calls),
        answered - earlier.answered,
        found - earlier.found,
        shared - earlier.shared);
  }

  /** Critiques that are there. */
  public long done() {
    return answered + found + shared;
  }
}
