package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.expression.Equivalence;
import io.capoflow.verifiers.expression.Expression;
import io.capoflow.verifiers.reading.Answer.Equation;
import io.capoflow.verifiers.reading.Answer.Intervals;
import io.capoflow.verifiers.reading.Answer.Scalar;
import io.capoflow.verifiers.reading.Answer.Solution;
import io.capoflow.verifiers.reading.Answer.Span;
import io.capoflow.verifiers.reading.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads inequalities, and conditions joined by "or" and "and". */
final class ConditionReader {
  private static final Set<String> ORDER = Set.of("<", "≤", ">", "≥", "≠");

  private final Reading reading;
  private final ScalarReader scalars;
  private final Equivalence equivalence;
  private final Budget budget;

  ConditionReader(Reading reading, ScalarReader scalars, Equivalence equivalence, Budget budget) {
    this.reading = reading;
    this.scalars = scalars;
    this.equivalence = equivalence;
    this.budget = budget;
  }

  /** Whether a sign of order stands outside all brackets. */
  static boolean hasOrder(Tokens tokens) {
    for (int i = 0; i < tokens.size(); i = tokens.next(i)) {
      Token token = tokens.get(i);
      if (token.kind() == Kind.SYMBOL && ORDER.contains(token.text())) {
        return true;
      }
    }
    return false;
  }

  /** A chain of expressions with signs of order between them. */
  Answer inequality(Tokens tokens) {
    List<Integer> at = new ArrayList<>();
    List<String> signs = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i = tokens.next(i)) {
      Token token = tokens.get(i);
      if (token.kind() == Kind.SYMBOL && (ORDER.contains(token.text()) || token.is("="))) {
        at.add(i);
        signs.add(token.text());
      }
    }
    List<Expression> sides = new ArrayList<>();
    List<Tokens> parts = tokens.split(at);
    for (Tokens part : parts) {
      sides.add(Infinities.is(part) ? Infinities.of(part) : ExpressionParser.whole(part, budget));
    }
    return Inequalities.of(sides, signs, scalars);
  }

  /**
   * What conditions on one variable say of it together; empty where they are anything else.
   *
   * @param either whether one of them is enough
   */
  Optional<Answer> joined(List<Tokens> parts, boolean either, int depth) {
    Budget.check(parts.size() <= Budget.LIST, "list");
    String variable = null;
    List<Span> spans = new ArrayList<>();
    boolean first = true;
    for (Tokens part : parts) {
      Answer answer = reading.read(part, depth + 1).answer();
      Intervals where;
      if (answer instanceof Answer.Inequality one && one.solved().isPresent()) {
        Solution solution = one.solved().get();
        if (variable != null && !variable.equals(solution.variable())) {
          return Optional.empty();
        }
        variable = solution.variable();
        where = solution.where();
      } else if (answer instanceof Equation equation
          && equation.name().isPresent()
          && equation.value().answer() instanceof Scalar point) {
        if (variable != null && !variable.equals(equation.name().get())) {
          return Optional.empty();
        }
        variable = equation.name().get();
        where = IntervalReader.point(point);
      } else if (answer instanceof Intervals intervals) {
        where = intervals;
      } else {
        return Optional.empty();
      }
      if (either || first) {
        spans.addAll(where.spans());
      } else {
        spans = Spans.intersection(spans, where.spans(), equivalence);
      }
      first = false;
    }
    Intervals all = new Intervals(List.copyOf(spans));
    return Optional.of(
        variable == null
            ? all
            : new Answer.Inequality(
                List.of(), List.of(), Optional.of(new Solution(variable, all))));
  }
}
