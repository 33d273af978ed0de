package io.capoflow.verifiers.expression;

/**
 * A double with a bound, to first order, on how far rounding has carried it from the true value.
 */
record Real(double value, double error) {
  private static final double ULP = 0x1p-52;

  /** The bound is of first order: what lies within a few times it is not told from zero. */
  private static final double MARGIN = 8;

  static Real rounded(double value, double carried) {
    return new Real(value, carried + Math.abs(value) * ULP);
  }

  boolean mayBeZero() {
    return Math.abs(value) <= MARGIN * error;
  }

  /** Whether the two cannot be equal: apart by more than a relative 1e-9 and all rounding. */
  boolean differs(Real other) {
    double tolerance = 1e-9 * Math.max(Math.abs(value), Math.abs(other.value));
    return Math.abs(value - other.value) > tolerance + MARGIN * (error + other.error);
  }
}
