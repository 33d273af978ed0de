package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Expression;
import io.capoflow.verifiers.expression.Expression.Kind;
import io.capoflow.verifiers.reading.Answer.Inequality;
import io.capoflow.verifiers.reading.Answer.Intervals;
import io.capoflow.verifiers.reading.Answer.Scalar;
import io.capoflow.verifiers.reading.Answer.Solution;
import io.capoflow.verifiers.reading.Answer.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads chains of inequalities, and what those that are solved say of their variable. */
final class Inequalities {
  private Inequalities() {}

  static Inequality of(List<Expression> sides, List<String> signs, ScalarReader scalars) {
    List<Expression> differences = new ArrayList<>();
    List<Boolean> strict = new ArrayList<>();
    for (int i = 0; i < signs.size(); i++) {
      String sign = signs.get(i);
      if (sign.equals("=") || (sign.equals("≠") && signs.size() > 1)) {
        throw new Unreadable("a chain of other signs");
      }
      boolean lowerFirst = sign.equals("<") || sign.equals("≤") || sign.equals("≠");
      Expression low = sides.get(lowerFirst ? i : i + 1);
      Expression high = sides.get(lowerFirst ? i + 1 : i);
      differences.add(Expression.minus(low, high));
      strict.add(sign.equals("<") || sign.equals(">"));
    }
    Optional<Solution> solved = solved(sides, signs, scalars);
    if (solved.isEmpty() && signs.contains("≠")) {
      throw new Unreadable("≠ between expressions");
    }
    return new Inequality(List.copyOf(differences), List.copyOf(strict), solved);
  }

  private static Optional<Solution> solved(
      List<Expression> sides, List<String> signs, ScalarReader scalars) {
    int variableAt = -1;
    for (int i = 0; i < sides.size(); i++) {
      if (sides.get(i).kind() == Kind.VARIABLE && variableAt < 0) {
        variableAt = i;
      } else if (!sides.get(i).isClosed()) {
        return Optional.empty();
      }
    }
    boolean middle = signs.size() == 1 || (signs.size() == 2 && variableAt == 1);
    if (variableAt < 0 || !middle) {
      return Optional.empty();
    }
    String variable = sides.get(variableAt).name();
    if (signs.get(0).equals("≠")) {
      Expression point = sides.get(1 - variableAt);
      return Optional.of(new Solution(variable, new Intervals(Spans.except(scalars.bare(point)))));
    }
    Optional<Scalar> low = Optional.empty();
    Optional<Scalar> high = Optional.empty();
    boolean lowIncluded = false;
    boolean highIncluded = false;
    for (int i = 0; i < signs.size(); i++) {
      boolean ascending = signs.get(i).equals("<") || signs.get(i).equals("≤");
      boolean included = signs.get(i).equals("≤") || signs.get(i).equals("≥");
      Expression bound = sides.get(i == variableAt ? i + 1 : i);
      boolean isLow = ascending == (i < variableAt);
      if ((isLow ? low : high).isPresent()) {
        return Optional.empty();
      }
      if (isInfinite(bound)) {
        continue;
      }
      Optional<Scalar> end = Optional.of(scalars.bare(bound));
      if (isLow) {
        low = end;
        lowIncluded = included;
      } else {
        high = end;
        highIncluded = included;
      }
    }
    return Optional.of(
        new Solution(
            variable, new Intervals(List.of(new Span(low, lowIncluded, high, highIncluded)))));
  }

  private static boolean isInfinite(Expression bound) {
    return bound.kind() == Kind.INFINITY
        || (bound.kind() == Kind.NEGATION && bound.part(0).kind() == Kind.INFINITY);
  }
}
