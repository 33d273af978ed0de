package io.capoflow.models.decoder;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * How a checkpoint stretches its rotary embeddings beyond the context that it was first trained on,
 * computed as Hugging Face's {@code modeling_rope_utils} does. Immutable.
 */
public sealed interface RopeScaling {
  /**
   * What each plain frequency θ^(-2i/d) is multiplied by: d/2 numbers, the fastest frequency's
   * first.
   */
  double[] frequencyFactors(int headDimension, double theta);

  /** What cosines and sines are multiplied by; its square scales the attention's scores. */
  default double attentionFactor() {
    return 1;
  }

  /** The frequencies as they are (Su et al. 2021). */
  record Plain() implements RopeScaling {
    @Override
    public double[] frequencyFactors(int headDimension, double theta) {
      double[] factors = new double[headDimension / 2];
      Arrays.fill(factors, 1);
      return factors;
    }
  }

  /**
   * Position interpolation (Chen et al. 2023).
   *
   * @param factor by which the context grows, at least 1
   */
  record Linear(double factor) implements RopeScaling {
    public Linear {
      requireFactor(factor);
    }

    @Override
    public double[] frequencyFactors(int headDimension, double theta) {
      double[] factors = new double[headDimension / 2];
      Arrays.fill(factors, 1 / factor);
      return factors;
    }
  }

  /**
   * Llama 3.1's: long waves are stretched, short ones kept, those between blended.
   *
   * @param factor by which the context grows, at least 1
   * @param lowFrequencyFactor waves longer than the original context over this are stretched
   * @param highFrequencyFactor waves shorter than the original context over this are kept
   * @param originalMaxPositions the original context, in tokens
   */
  record Llama3(
      double factor,
      double lowFrequencyFactor,
      double highFrequencyFactor,
      int originalMaxPositions)
      implements RopeScaling {
    public Llama3 {
      requireFactor(factor);
      requireContext(originalMaxPositions);
      if (!(lowFrequencyFactor > 0) || !(highFrequencyFactor > lowFrequencyFactor)) {
        throw new IllegalArgumentException(
            "high_freq_factor must exceed low_freq_factor, and that 0: "
                + highFrequencyFactor
                + ", "
                + lowFrequencyFactor);
      }
    }

    @Override
    public double[] frequencyFactors(int headDimension, double theta) {
      return IntStream.range(0, headDimension / 2)
          .mapToDouble(i -> factorOf(2 * Math.PI / plainFrequency(i, headDimension, theta)))
          .toArray();
    }

    private double factorOf(double waveLength) {
      double waves = originalMaxPositions / waveLength;
      if (waves < lowFrequencyFactor) {
        return 1 / factor;
      }
      if (waves > highFrequencyFactor) {
        return 1;
      }
      double kept = (waves - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
      return (1 - kept) / factor + kept;
    }
  }

  /**
   * YaRN (Peng et al. 2023): a ramp over the dimensions from kept to stretched frequencies.
   *
   * @param factor by which the context grows, at least 1
   * @param betaFast rotations within the original context from which a frequency is kept
   * @param betaSlow rotations below which a frequency is stretched
   * @param attentionFactor see {@link #attentionFactor()}
   * @param truncate whether the ramp's ends are rounded outwards to whole dimensions
   * @param originalMaxPositions the original context, in tokens
   */
  record Yarn(
      double factor,
      double betaFast,
      double betaSlow,
      double attentionFactor,
      boolean truncate,
      int originalMaxPositions)
      implements RopeScaling {
    /** Width of a ramp whose ends meet, as Hugging Face has it. */
    private static final double NARROWEST_RAMP = 0.001;

    public Yarn {
      requireFactor(factor);
      requireContext(originalMaxPositions);
      if (!(betaFast > 0) || !(betaSlow > 0) || !(attentionFactor > 0)) {
        throw new IllegalArgumentException(
            "beta_fast, beta_slow and attention_factor must be positive: "
                + betaFast
                + ", "
                + betaSlow
                + ", "
                + attentionFactor);
      }
    }

    @Override
    public double[] frequencyFactors(int headDimension, double theta) {
      double low = dimensionOf(betaFast, headDimension, theta);
      double high = dimensionOf(betaSlow, headDimension, theta);
      double from = Math.max(truncate ? Math.floor(low) : low, 0);
      double end = Math.min(truncate ? Math.ceil(high) : high, headDimension - 1);
      double to = end == from ? end + NARROWEST_RAMP : end;
      return IntStream.range(0, headDimension / 2)
          .mapToDouble(
              i -> {
                double stretched = Math.min(Math.max((i - from) / (to - from), 0), 1);
                return stretched / factor + (1 - stretched);
              })
          .toArray();
    }

    /** The dimension, a fraction, whose frequency turns that often within the original context. */
    private double dimensionOf(double rotations, int headDimension, double theta) {
      return headDimension
          * Math.log(originalMaxPositions / (rotations * 2 * Math.PI))
          / (2 * Math.log(theta));
    }

    /** The paper's attention factor for a scale: 0.1 · weight · ln(scale) + 1, and 1 up to 1. */
    static double paperAttentionFactor(double scale, double weight) {
      return scale <= 1 ? 1 : 0.1 * weight * Math.log(scale) + 1;
    }
  }

  private static double plainFrequency(int i, int headDimension, double theta) {
    return Math.pow(theta, -2.0 * i / headDimension);
  }

  private static void requireFactor(double factor) {
    if (!(factor >= 1) || Double.isInfinite(factor)) {
      throw new IllegalArgumentException("factor must be at least 1: " + factor);
    }
  }

  private static void requireContext(int originalMaxPositions) {
    if (originalMaxPositions < 1) {
      throw new IllegalArgumentException(
          "original_max_position_embeddings must be positive: " + originalMaxPositions);
    }
  }
}
