package io.capoflow.models.learning;

/**
 * What one optimizer step saw, over all its micro-batches, before the weights changed.
 *
 * @param loss minus the objective, KL term included
 * @param policyLoss the same without the KL term
 * @param klToReference mean over response tokens of the k3 estimate; 0 without a reference
 * @param clipFraction share of response tokens whose ratio was clipped
 * @param entropy mean over response tokens of the tempered distribution's entropy, in nats
 * @param maxRatioDeviation largest |ρ - 1|
 * @param gradientNorm before clipping
 * @param tokens response tokens
 */
public record UpdateStatistics(
    double loss,
    double policyLoss,
    double klToReference,
    double clipFraction,
    double entropy,
    double maxRatioDeviation,
    double gradientNorm,
    long tokens) {}
