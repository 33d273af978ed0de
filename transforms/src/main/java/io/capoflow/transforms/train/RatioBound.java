package io.capoflow.transforms.train;

import io.capoflow.models.tensor.Precision;

/**
 * How far ρ may be from 1 on an iteration's first mini-batch (docs/method.md, "Objective"). Old
 * log-probabilities come from the same forward pass on the same weights, in parts that are cut
 * otherwise: what is left is the rounding of sums in another order. In float32 that was 2e-6 at
 * most; in bfloat16 it is mostly nothing, and now and then as much as the sampler is away, which
 * was 0.44 (docs/numerics.md, "Log-probabilities before the step and in it").
 */
final class RatioBound {
  private RatioBound() {}

  /** The bound of a precision in which policies compute. */
  static double of(Precision precision) {
    return switch (precision) {
      case F32 -> 1e-3;
      case BF16 -> 0.5;
    };
  }
}
