package io.capoflow.models.learning;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.util.Map;

/**
 * The clipped policy-gradient objective with a KL term (docs/method.md, "Objective").
 *
 * @param clipLow ratios below 1 - clipLow gain nothing further
 * @param clipHigh ratios above 1 + clipHigh gain nothing further
 * @param dualClip c: where the advantage is negative, a token's objective is at least c times it;
 *     above 1
 * @param klCoefficient β; 0 leaves the KL term out
 * @param klEstimator which estimator of KL(π_θ ‖ π_ref) the loss uses
 * @param temperature of the distribution that was sampled from: logits are divided by it
 * @param aggregation how token losses become one number
 */
public record ObjectiveSettings(
    double clipLow,
    double clipHigh,
    double dualClip,
    double klCoefficient,
    KlEstimator klEstimator,
    double temperature,
    LossAggregation aggregation)
    implements Serializable {
  /** Schulman, "Approximating KL divergence" (2020); d = log π_ref - log π_θ, clamped to ±20. */
  public enum KlEstimator {
    /** -d: unbiased, of high variance. */
    K1(1),
    /** d²/2: biased, of low variance. */
    K2(2),
    /** exp(d) - d - 1: unbiased, never negative. */
    K3(3);

    private static final double LARGEST_DIFFERENCE = 20;

    private final int number;

    KlEstimator(int number) {
      this.number = number;
    }

    /** As {@code loss.py} counts them. */
    int number() {
      return number;
    }

    /** {@link #K3} at one token, from log π_ref and log π_θ of it. */
    public static double k3(double logReference, double logPolicy) {
      double difference =
          Math.max(-LARGEST_DIFFERENCE, Math.min(LARGEST_DIFFERENCE, logReference - logPolicy));
      // As exp(d) - 1 - d, of which nothing cancels where d is small.
      return StrictMath.expm1(difference) - difference;
    }
  }

  /** How the losses of a mini-batch's tokens become one number. */
  public enum LossAggregation {
    /** Mean over rollouts of the mean over each response (the paper). */
    SEQUENCE_MEAN,
    /** Mean over all response tokens of the mini-batch (DAPO). */
    TOKEN_MEAN,
    /** Mean over rollouts of the sum over each response (Dr. GRPO, without its constant). */
    TOKEN_SUM
  }

  public ObjectiveSettings {
    requireNonNull(klEstimator, "klEstimator");
    requireNonNull(aggregation, "aggregation");
    if (!(clipLow > 0 && clipLow <= 1) || !(clipHigh > 0)) {
      throw new IllegalArgumentException(
          "clip_low must be in (0, 1] and clip_high positive: " + clipLow + ", " + clipHigh);
    }
    if (!(dualClip > 1)) {
      throw new IllegalArgumentException("dual_clip must exceed 1: " + dualClip);
    }
    if (!(klCoefficient >= 0) || Double.isInfinite(klCoefficient)) {
      throw new IllegalArgumentException(
          "kl_coefficient must be finite and not negative: " + klCoefficient);
    }
    if (!(temperature > 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException("temperature must be finite and positive: " + temperature);
    }
  }

  /** The fields of {@code Objective} of {@code loss.py}, by name. */
  Map<String, Double> forScript() {
    return Map.of(
        "temperature", temperature,
        "clip_low", clipLow,
        "clip_high", clipHigh,
        "dual_clip", dualClip,
        "kl_coefficient", klCoefficient,
        "kl_estimator", (double) klEstimator.number());
  }

  /**
   * The defaults of docs/method.md: clip 0.2, dual clip 3, k3, mean over responses, then over
   * tokens.
   */
  public static ObjectiveSettings standard(double klCoefficient, double temperature) {
    return new ObjectiveSettings(
        0.2, 0.2, 3, klCoefficient, KlEstimator.K3, temperature, LossAggregation.SEQUENCE_MEAN);
  }
}
