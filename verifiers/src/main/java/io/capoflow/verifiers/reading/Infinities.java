package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Expression;

/** Infinity with or without a sign, as an end of an interval or a side of an inequality. */
final class Infinities {
  private Infinities() {}

  static boolean is(Tokens tokens) {
    int last = tokens.size() - 1;
    return last >= 0
        && last <= 1
        && tokens.is(last, "∞")
        && (last == 0 || tokens.is(0, "-") || tokens.is(0, "+"));
  }

  static Expression of(Tokens part) {
    return part.is(0, "-")
        ? Expression.of(Expression.Kind.NEGATION, Expression.INFINITY)
        : Expression.INFINITY;
  }
}
