package io.capoflow.verifiers.comparison;

import io.capoflow.verifiers.expression.Equivalence;
import io.capoflow.verifiers.expression.Equivalence.Outcome;
import io.capoflow.verifiers.expression.Expression;
import io.capoflow.verifiers.expression.Expression.Kind;
import io.capoflow.verifiers.expression.NoValue;
import io.capoflow.verifiers.expression.Proportionality;
import io.capoflow.verifiers.expression.Rational;
import io.capoflow.verifiers.reading.Answer;
import io.capoflow.verifiers.reading.Answer.Inequality;
import io.capoflow.verifiers.reading.Answer.Intervals;
import io.capoflow.verifiers.reading.Answer.Parsed;
import io.capoflow.verifiers.reading.Answer.Scalar;
import io.capoflow.verifiers.reading.Answer.Sequence;
import io.capoflow.verifiers.reading.Answer.Solution;
import io.capoflow.verifiers.reading.Answer.Span;
import io.capoflow.verifiers.reading.Spans;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Compares where answers say that something lies: intervals, their unions, inequalities. */
final class Regions {
  private final Equivalence equivalence;
  private final Proportionality proportionality;
  private final Scalars scalars;

  Regions(Equivalence equivalence, Scalars scalars) {
    this.equivalence = equivalence;
    proportionality = new Proportionality(equivalence);
    this.scalars = scalars;
  }

  /** Whether two answers, one of them an interval or inequality, say that it lies in one place. */
  Decision interval(Answer gold, Answer response) {
    Optional<List<Span>> expected = spans(gold);
    Optional<List<Span>> given = spans(response);
    return new Decision(
        expected.isPresent() && given.isPresent() && equalSpans(expected.get(), given.get()),
        "interval");
  }

  /** Whether a response says the same as a gold inequality. */
  Decision inequality(Inequality gold, Parsed response) {
    Optional<Solution> solved = gold.solved().or(() -> linear(gold));
    if (response.answer() instanceof Inequality given) {
      if (gold.solved().isEmpty() && given.solved().isEmpty()) {
        return new Decision(sameInequalities(gold, given), "proportional");
      }
      boolean same =
          solved.isPresent()
              && given.solved().isPresent()
              && solved.get().variable().equals(given.solved().get().variable())
              && equalSpans(solved.get().where().spans(), given.solved().get().where().spans());
      return new Decision(same, "interval");
    }
    Optional<List<Span>> given = spans(response.answer());
    return new Decision(
        solved.isPresent()
            && given.isPresent()
            && equalSpans(solved.get().where().spans(), given.get()),
        "interval");
  }

  /** What an inequality that is linear in its only variable says of it. */
  private Optional<Solution> linear(Inequality inequality) {
    if (inequality.differences().size() != 1) {
      return Optional.empty();
    }
    Expression difference = inequality.differences().get(0);
    if (difference.variables().size() != 1) {
      return Optional.empty();
    }
    String variable = difference.variables().first();
    try {
      Optional<Rational> atZero = equivalence.exact(at(difference, variable, 0));
      Optional<Rational> atOne = equivalence.exact(at(difference, variable, 1));
      if (atZero.isEmpty() || atOne.isEmpty()) {
        return Optional.empty();
      }
      Rational slope = atOne.get().minus(atZero.get());
      Expression line =
          Expression.of(
              Kind.SUM,
              Expression.number(atZero.get()),
              Expression.of(Kind.PRODUCT, Expression.number(slope), Expression.variable(variable)));
      if (slope.isZero() || equivalence.compare(difference, line).outcome() != Outcome.EQUAL) {
        return Optional.empty();
      }
      Rational root = atZero.get().negate().dividedBy(slope);
      Scalar end =
          new Scalar(
              Expression.number(root),
              Optional.of(root),
              Optional.empty(),
              false,
              Optional.empty(),
              true);
      boolean included = !inequality.strict().get(0);
      Span span =
          slope.signum() > 0
              ? new Span(Optional.empty(), false, Optional.of(end), included)
              : new Span(Optional.of(end), included, Optional.empty(), false);
      return Optional.of(new Solution(variable, new Intervals(List.of(span))));
    } catch (NoValue e) {
      return Optional.empty();
    }
  }

  /** The expression with a whole number for its variable: a sum of one term. */
  private static Expression at(Expression expression, String variable, long value) {
    return Expression.over(
        Kind.SUM_OVER, variable, Expression.number(value), Expression.number(value), expression);
  }

  private boolean sameInequalities(Inequality gold, Inequality given) {
    int size = gold.differences().size();
    if (size == 0 || size != given.differences().size()) {
      return false;
    }
    return sameInequalities(gold, given, false)
        || (size > 1 && sameInequalities(gold, given, true));
  }

  private boolean sameInequalities(Inequality gold, Inequality given, boolean reversed) {
    int size = gold.differences().size();
    for (int i = 0; i < size; i++) {
      int other = reversed ? size - 1 - i : i;
      boolean same =
          gold.strict().get(i).equals(given.strict().get(other))
              && proportionality
                      .compare(gold.differences().get(i), given.differences().get(other), true)
                      .outcome()
                  == Outcome.EQUAL;
      if (!same) {
        return false;
      }
    }
    return true;
  }

  /** Where an answer says that something lies, if that is what it says. */
  private static Optional<List<Span>> spans(Answer answer) {
    if (answer instanceof Intervals intervals) {
      return Optional.of(intervals.spans());
    }
    if (answer instanceof Inequality inequality) {
      return inequality.solved().map(solution -> solution.where().spans());
    }
    if (answer instanceof Sequence sequence && sequence.items().isEmpty()) {
      return Optional.of(List.of());
    }
    return Spans.ofPair(answer).map(List::of);
  }

  private boolean equalSpans(List<Span> gold, List<Span> response) {
    List<Span> expected = Spans.merged(gold, equivalence);
    List<Span> unmatched = new ArrayList<>(Spans.merged(response, equivalence));
    if (expected.size() != unmatched.size()) {
      return false;
    }
    for (Span span : expected) {
      int match = -1;
      for (int i = 0; i < unmatched.size() && match < 0; i++) {
        match = equal(span, unmatched.get(i)) ? i : -1;
      }
      if (match < 0) {
        return false;
      }
      unmatched.remove(match);
    }
    return true;
  }

  private boolean equal(Span one, Span other) {
    return one.lowIncluded() == other.lowIncluded()
        && one.highIncluded() == other.highIncluded()
        && equalEnds(one.low(), other.low())
        && equalEnds(one.high(), other.high());
  }

  private boolean equalEnds(Optional<Scalar> gold, Optional<Scalar> response) {
    if (gold.isEmpty() || response.isEmpty()) {
      return gold.isEmpty() && response.isEmpty();
    }
    Outcome outcome = scalars.compare(gold.get(), response.get()).outcome();
    return outcome == Outcome.EQUAL;
  }
}
