package io.capoflow.verifiers.expression;

import java.math.BigDecimal;

/**
 * A decimal of 64 digits with the binary logarithm of a bound, to first order, on how far rounding
 * has carried it from the true value.
 *
 * @param noise negative infinity where the value is exact
 */
record Precise(BigDecimal value, double noise) {
  static final double EXACT = Double.NEGATIVE_INFINITY;
  private static final double MARGIN = 8;

  /** What fixed point with 256 bits leaves of a function's value. */
  static final double FUNCTION_NOISE = -236;

  /** After an operation that rounds to 64 digits. */
  static Precise rounded(BigDecimal value, double carried) {
    if (value.signum() == 0) {
      return new Precise(BigDecimal.ZERO, carried); // a zero's scale would cost the next sum dearly
    }
    if (value.precision() < PreciseMath.CONTEXT.getPrecision()) {
      return new Precise(value, carried);
    }
    return new Precise(value, larger(carried, PreciseMath.magnitude(value) - 210));
  }

  static Precise exact(BigDecimal value) {
    return new Precise(value, EXACT);
  }

  double magnitude() {
    return PreciseMath.magnitude(value);
  }

  /** The logarithm of the sum of two bounds, rounded up. */
  static double larger(double left, double right) {
    return left == EXACT || right == EXACT ? Math.max(left, right) : Math.max(left, right) + 1;
  }

  boolean mayBeZero() {
    return value.signum() == 0 || magnitude() <= noise + MARGIN;
  }

  /** Relative 1e-40, or no further apart than rounding explains when that is small itself. */
  boolean agrees(Precise other) {
    BigDecimal difference = value.subtract(other.value, PreciseMath.CONTEXT).abs();
    if (difference.signum() == 0) {
      return true;
    }
    BigDecimal scale = value.abs().max(other.value.abs());
    if (difference.compareTo(scale.scaleByPowerOfTen(-40)) <= 0) {
      return true;
    }
    double both = larger(noise, other.noise);
    return both <= -140 && PreciseMath.magnitude(difference) <= both + MARGIN;
  }
}
