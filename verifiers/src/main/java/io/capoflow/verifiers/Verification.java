package io.capoflow.verifiers;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * A verdict and how it was reached.
 *
 * @param correct whether the response's answer is equivalent to the gold answer
 * @param reason why
 * @param extracted the candidate answer, as it stands in the response
 * @param rung which extraction rule found it: box, hash, phrase, …; "none" where none did
 * @param goldType what the gold answer was read as
 * @param route how the two were compared
 * @param fuel node visits spent
 */
public record Verification(
    boolean correct,
    Reason reason,
    Optional<String> extracted,
    String rung,
    String goldType,
    String route,
    long fuel) {
  public Verification {
    requireNonNull(reason, "reason");
    requireNonNull(extracted, "extracted");
    requireNonNull(rung, "rung");
    requireNonNull(goldType, "goldType");
    requireNonNull(route, "route");
  }
}
