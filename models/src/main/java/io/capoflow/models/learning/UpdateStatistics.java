package io.capoflow.models.learning;

import static java.util.Objects.requireNonNull;

import java.util.OptionalDouble;

/**
 * What one optimizer step saw, over all its parts, before the weights changed. What nothing was
 * there to measure is absent, and never 0.
 *
 * @param loss minus the objective, KL term included; a sum, so 0 where there are no tokens
 * @param policyLoss the same without the KL term
 * @param klToReference mean over response tokens of the k3 estimate; absent without a reference or
 *     without tokens
 * @param clipFraction share of response tokens whose objective the clip lowers; absent without
 *     tokens
 * @param entropy mean over response tokens of the tempered distribution's entropy, in nats; absent
 *     without tokens
 * @param largestRatioDeviation largest |ρ - 1| of a response token; absent without tokens
 * @param gradientNorm before clipping
 * @param tokens response tokens of the sequences that were accumulated: those of rollouts that the
 *     caller left out, as of groups without spread where β is 0, are in no figure
 */
public record UpdateStatistics(
    double loss,
    double policyLoss,
    OptionalDouble klToReference,
    OptionalDouble clipFraction,
    OptionalDouble entropy,
    OptionalDouble largestRatioDeviation,
    double gradientNorm,
    long tokens) {
  public UpdateStatistics {
    requireNonNull(klToReference, "klToReference");
    requireNonNull(clipFraction, "clipFraction");
    requireNonNull(entropy, "entropy");
    requireNonNull(largestRatioDeviation, "largestRatioDeviation");
  }
}
