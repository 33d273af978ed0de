package io.capoflow.verifiers.expression;

/**
 * An expression has no value where it was evaluated: a division by zero, 0 to the power 0, the
 * logarithm of 0. Without a stack trace, since evaluation meets it often.
 */
public final class NoValue extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public NoValue(String why) {
    super(why, null, false, false);
  }
}
