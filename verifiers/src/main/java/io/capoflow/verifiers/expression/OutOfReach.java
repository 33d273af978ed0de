package io.capoflow.verifiers.expression;

/**
 * This way of evaluating cannot say: the value leaves the reals, is irrational where exactness is
 * asked for, or is too large for a double. Another way may.
 */
final class OutOfReach extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OutOfReach(String why) {
    super(why, null, false, false);
  }
}
