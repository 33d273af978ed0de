package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.expression.Equivalence;
import io.capoflow.verifiers.expression.Equivalence.Outcome;
import io.capoflow.verifiers.expression.Expression;
import io.capoflow.verifiers.reading.Answer.Equation;
import io.capoflow.verifiers.reading.Answer.Parsed;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads equations and chains of them. */
final class EquationReader {
  private final Reading reading;
  private final Equivalence equivalence;
  private final Budget budget;

  EquationReader(Reading reading, Equivalence equivalence, Budget budget) {
    this.reading = reading;
    this.equivalence = equivalence;
    this.budget = budget;
  }

  /** What stands between the signs of equality, two sides or more. */
  Answer read(List<Tokens> given, int depth) {
    List<Tokens> sides = given;
    for (Tokens side : sides) {
      if (side.isEmpty()) {
        return new Answer.Opaque();
      }
    }
    boolean reversed = sides.size() == 2 && Names.is(sides.get(1)) && !Names.is(sides.get(0));
    if (reversed) {
      sides = List.of(sides.get(1), sides.get(0));
    }
    Parsed value = reading.read(sides.get(sides.size() - 1), depth + 1);
    if (value.answer() instanceof Answer.Undefined) {
      return value.answer();
    }
    Optional<String> name =
        Names.is(sides.get(0)) ? Optional.of(sides.get(0).joined()) : Optional.empty();
    List<Expression> expressions = new ArrayList<>();
    try {
      for (Tokens side : sides) {
        expressions.add(ExpressionParser.whole(side, budget));
      }
    } catch (Unreadable e) {
      return new Equation(name, value, Optional.empty(), false);
    }
    boolean identity = true;
    for (int i = name.isPresent() ? 2 : 1; i < expressions.size(); i++) {
      identity &=
          equivalence.compare(expressions.get(i - 1), expressions.get(i)).outcome()
              == Outcome.EQUAL;
    }
    if (name.isPresent() && !identity) {
      return new Answer.Opaque(); // x = 2 = 3 says nothing
    }
    boolean same = name.isEmpty() && identity;
    return new Equation(
        name, value, Optional.of(Expression.minus(expressions.get(0), expressions.get(1))), same);
  }
}
