package io.capoflow.verifiers.comparison;

import static java.util.Objects.requireNonNull;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.expression.Equivalence;
import io.capoflow.verifiers.expression.Equivalence.Outcome;
import io.capoflow.verifiers.expression.Expression;
import io.capoflow.verifiers.expression.Expression.Kind;
import io.capoflow.verifiers.expression.NoValue;
import io.capoflow.verifiers.expression.Rational;
import io.capoflow.verifiers.reading.Answer;
import io.capoflow.verifiers.reading.Answer.BaseNumeral;
import io.capoflow.verifiers.reading.Answer.Equation;
import io.capoflow.verifiers.reading.Answer.Inequality;
import io.capoflow.verifiers.reading.Answer.Intervals;
import io.capoflow.verifiers.reading.Answer.Matrix;
import io.capoflow.verifiers.reading.Answer.Parsed;
import io.capoflow.verifiers.reading.Answer.Ratio;
import io.capoflow.verifiers.reading.Answer.Scalar;
import io.capoflow.verifiers.reading.Answer.Sequence;
import io.capoflow.verifiers.reading.Answer.Solution;
import io.capoflow.verifiers.reading.Answer.Span;
import io.capoflow.verifiers.reading.Answer.Words;
import io.capoflow.verifiers.reading.Folding;
import io.capoflow.verifiers.reading.Spans;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Decides whether two answers are equivalent; the gold answer's type decides how. */
public final class Comparison {
  /** What deciding on a pair of answers costs, in units of fuel; letters and bits for one more. */
  private static final int PAIR = 30;

  private static final int LETTERS = 4;
  private static final int BITS = 4;

  private final Equivalence equivalence;
  private final Budget budget;
  private final Scalars scalars;

  /**
   * A verdict.
   *
   * @param route how it was reached
   */
  public record Decision(boolean equal, String route) {}

  public Comparison(Equivalence equivalence, Budget budget, Rules rules) {
    this.equivalence = requireNonNull(equivalence, "equivalence");
    this.budget = requireNonNull(budget, "budget");
    this.scalars = new Scalars(equivalence, requireNonNull(rules, "rules"));
  }

  public Decision decide(Parsed gold, Parsed response) {
    budget.spend(PAIR);
    if (gold.answer() instanceof Answer.Undefined
        || response.answer() instanceof Answer.Undefined) {
      return new Decision(false, "undefined");
    }
    if (gold.answer() instanceof Equation equation) {
      return equation(equation, gold, response);
    }
    if (response.answer() instanceof Equation equation) {
      return equation.name().isPresent() || equation.identity()
          ? decide(gold, equation.value())
          : tokens(gold, response, "equation");
    }
    if (gold.answer() instanceof Answer.Opaque || response.answer() instanceof Answer.Opaque) {
      return tokens(gold, response, "tokens");
    }
    if (gold.answer() instanceof Words || response.answer() instanceof Words) {
      return words(gold, response);
    }
    if (gold.answer() instanceof Scalar || response.answer() instanceof Scalar) {
      return scalar(gold, response);
    }
    if (gold.answer() instanceof Inequality inequality) {
      return inequality(inequality, response);
    }
    Optional<List<Span>> goldSpans = spans(gold.answer());
    boolean interval =
        gold.answer() instanceof Intervals
            || response.answer() instanceof Intervals
            || response.answer() instanceof Inequality;
    if (interval) {
      Optional<List<Span>> given = spans(response.answer());
      return new Decision(
          goldSpans.isPresent() && given.isPresent() && equalSpans(goldSpans.get(), given.get()),
          "interval");
    }
    if (gold.answer() instanceof Ratio one && response.answer() instanceof Ratio other) {
      return new Decision(proportional(one.terms(), other.terms()), "ratio");
    }
    if (gold.answer() instanceof BaseNumeral one
        && response.answer() instanceof BaseNumeral other) {
      return new Decision(one.equals(other), "base");
    }
    if (gold.answer() instanceof Matrix || response.answer() instanceof Matrix) {
      return matrix(gold.answer(), response.answer());
    }
    if (gold.answer() instanceof Sequence one && response.answer() instanceof Sequence other) {
      return new Decision(equalSequences(one, other), one.unordered() ? "set" : "elements");
    }
    return tokens(gold, response, "type");
  }

  private static Decision tokens(Parsed gold, Parsed response, String route) {
    boolean equal = !gold.tokens().isBlank() && gold.tokens().equals(response.tokens());
    return new Decision(equal, equal ? "tokens" : route);
  }

  private Decision words(Parsed gold, Parsed response) {
    budget.spend((gold.tokens().length() + response.tokens().length()) / LETTERS);
    String expected = Folding.fold(gold.tokens());
    return new Decision(
        !expected.isEmpty() && expected.equals(Folding.fold(response.tokens())), "text");
  }

  private Decision scalar(Parsed gold, Parsed response) {
    if (gold.answer() instanceof Scalar one && response.answer() instanceof Scalar other) {
      budget.spend((bits(one) + bits(other)) / BITS);
      Equivalence.Decision decision = scalars.compare(one, other);
      return switch (decision.outcome()) {
        case EQUAL -> new Decision(true, decision.route());
        case DIFFERENT -> new Decision(false, decision.route());
        case UNDEFINED -> new Decision(false, "undefined");
        case UNDECIDED -> tokens(gold, response, decision.route());
      };
    }
    if (gold.answer() instanceof Scalar one) {
      return scalarGold(one, gold, response);
    }
    Scalar given = (Scalar) response.answer();
    if (gold.answer() instanceof Ratio ratio) {
      return fraction(ratio, given, false);
    }
    if (gold.answer() instanceof BaseNumeral numeral) {
      return new Decision(sameDigits(numeral, response), "base");
    }
    return whole(gold, item -> decide(item, response));
  }

  private static int bits(Scalar scalar) {
    return scalar.value().map(Rational::bits).orElse(0);
  }

  private Decision scalarGold(Scalar gold, Parsed whole, Parsed response) {
    if (response.answer() instanceof Ratio ratio) {
      return fraction(ratio, gold, true);
    }
    if (response.answer() instanceof BaseNumeral numeral) {
      return new Decision(sameDigits(numeral, whole), "base");
    }
    return whole(response, item -> decide(whole, item));
  }

  private static boolean sameDigits(BaseNumeral numeral, Parsed plain) {
    String digits = plain.tokens().replace(" ", "").toUpperCase(Locale.ROOT);
    return digits.equals(numeral.digits());
  }

  /** A set or list whose elements all are one value is that value. */
  private static Decision whole(Parsed answer, Function<Parsed, Decision> compare) {
    if (!(answer.answer() instanceof Sequence sequence)
        || !sequence.unordered()
        || sequence.items().isEmpty()) {
      return new Decision(false, "type");
    }
    for (Parsed item : sequence.items()) {
      if (!compare.apply(item).equal()) {
        return new Decision(false, "set");
      }
    }
    return new Decision(true, "set");
  }

  private Decision fraction(Ratio ratio, Scalar scalar, boolean scalarIsGold) {
    if (ratio.terms().size() != 2 || scalar.percent()) {
      return new Decision(false, "ratio");
    }
    Expression quotient =
        Expression.of(
            Kind.QUOTIENT, ratio.terms().get(0).expression(), ratio.terms().get(1).expression());
    Scalar value =
        new Scalar(
            quotient,
            quotient.isClosed() ? equivalence.exact(quotient) : Optional.empty(),
            Optional.empty(),
            false,
            Optional.empty(),
            true);
    Equivalence.Decision decision =
        scalarIsGold ? scalars.compare(scalar, value) : scalars.compare(value, scalar);
    return new Decision(decision.outcome() == Outcome.EQUAL, "ratio");
  }

  private boolean proportional(List<Scalar> gold, List<Scalar> response) {
    if (gold.size() != response.size()) {
      return false;
    }
    for (int i = 1; i < gold.size(); i++) {
      Expression one =
          Expression.of(Kind.QUOTIENT, gold.get(i).expression(), gold.get(0).expression());
      Expression other =
          Expression.of(Kind.QUOTIENT, response.get(i).expression(), response.get(0).expression());
      if (!equal(one, other)) {
        return false;
      }
    }
    return true;
  }

  private boolean equal(Expression one, Expression other) {
    return equivalence.compare(one, other).outcome() == Outcome.EQUAL;
  }

  private Decision equation(Equation gold, Parsed whole, Parsed response) {
    if (!(response.answer() instanceof Equation given)) {
      return gold.name().isPresent() || gold.identity()
          ? decide(gold.value(), response)
          : tokens(whole, response, "equation");
    }
    if (gold.identity()) {
      return decide(gold.value(), response);
    }
    if (gold.name().isPresent() && gold.name().equals(given.name())) {
      return decide(gold.value(), given.value());
    }
    if (gold.difference().isEmpty() || given.difference().isEmpty()) {
      return tokens(whole, response, "equation");
    }
    // A gold "x = 5" asks for a solution, not for an equation that has it.
    boolean general = gold.name().isEmpty() || gold.difference().get().variables().size() > 1;
    if (!general) {
      return new Decision(false, "name");
    }
    Equivalence.Decision decision =
        equivalence.proportional(gold.difference().get(), given.difference().get(), false);
    return switch (decision.outcome()) {
      case EQUAL -> new Decision(true, "proportional");
      case DIFFERENT -> new Decision(false, "proportional");
      case UNDEFINED -> new Decision(false, "undefined");
      case UNDECIDED -> tokens(whole, response, "equation");
    };
  }

  private Decision inequality(Inequality gold, Parsed response) {
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
      if (slope.isZero() || !equal(difference, line)) {
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
              && equivalence
                      .proportional(gold.differences().get(i), given.differences().get(other), true)
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

  private Decision matrix(Answer gold, Answer response) {
    if (gold instanceof Matrix one && response instanceof Matrix other) {
      if (one.isVector() && other.isVector()) {
        return new Decision(equalInOrder(one.elements(), other.elements()), "elements");
      }
      boolean shape =
          one.rows().size() == other.rows().size()
              && one.rows().get(0).size() == other.rows().get(0).size();
      for (int i = 0; shape && i < one.rows().size(); i++) {
        shape = equalInOrder(one.rows().get(i), other.rows().get(i));
      }
      return new Decision(shape, "elements");
    }
    Matrix matrix = gold instanceof Matrix one ? one : (Matrix) response;
    Answer other = gold instanceof Matrix ? response : gold;
    boolean vector =
        matrix.isVector() && other instanceof Sequence sequence && !sequence.type().equals("Set");
    if (!vector) {
      return new Decision(false, "type");
    }
    List<Parsed> items = ((Sequence) other).items();
    boolean equal =
        gold instanceof Matrix
            ? equalInOrder(matrix.elements(), items)
            : equalInOrder(items, matrix.elements());
    return new Decision(equal, "elements");
  }

  private boolean equalSequences(Sequence gold, Sequence response) {
    if (gold.unordered() && response.unordered()) {
      return equalSets(gold.items(), response.items());
    }
    boolean set = gold.type().equals("Set") || response.type().equals("Set");
    return !set && equalInOrder(gold.items(), response.items());
  }

  private boolean equalInOrder(List<Parsed> gold, List<Parsed> response) {
    if (gold.size() != response.size()) {
      return false;
    }
    for (int i = 0; i < gold.size(); i++) {
      if (!decide(gold.get(i), response.get(i)).equal()) {
        return false;
      }
    }
    return true;
  }

  /** Every element of either side has an equal on the other; repetition means nothing. */
  private boolean equalSets(List<Parsed> golds, List<Parsed> responses) {
    List<Parsed> gold = distinct(golds);
    List<Parsed> response = distinct(responses);
    Estimate[] expected = estimates(gold);
    Estimate[] given = estimates(response);
    boolean[] matched = new boolean[response.size()];
    for (int i = 0; i < gold.size(); i++) {
      boolean found = false;
      for (int j = 0; j < response.size(); j++) {
        if (expected[i].mayAgree(given[j]) && decide(gold.get(i), response.get(j)).equal()) {
          found = true;
          matched[j] = true;
        }
      }
      if (!found) {
        return false;
      }
    }
    for (boolean each : matched) {
      if (!each) {
        return false;
      }
    }
    return true;
  }

  /** Without what is written like an element before it. */
  private static List<Parsed> distinct(List<Parsed> items) {
    Map<String, Parsed> distinct = new LinkedHashMap<>();
    for (Parsed item : items) {
      distinct.putIfAbsent(item.tokens(), item);
    }
    return List.copyOf(distinct.values());
  }

  /**
   * The value of a plain number, by which most pairs need no closer look.
   *
   * @param value not a number where only a closer look can tell
   * @param unit what the last digit of a decimal counts; 0 for any other number
   */
  private record Estimate(double value, double unit) {
    static final Estimate NONE = new Estimate(Double.NaN, 0);

    boolean mayAgree(Estimate other) {
      return Double.isNaN(value)
          || Double.isNaN(other.value)
          || Math.abs(value - other.value)
              <= 1e-6 * (1 + Math.max(Math.abs(value), Math.abs(other.value)))
                  + 2 * (unit + other.unit);
    }
  }

  private Estimate[] estimates(List<Parsed> items) {
    Estimate[] estimates = new Estimate[items.size()];
    for (int i = 0; i < estimates.length; i++) {
      boolean plain =
          items.get(i).answer() instanceof Scalar scalar
              && !scalar.percent()
              && scalar.unit().isEmpty();
      estimates[i] = plain ? estimate((Scalar) items.get(i).answer()) : Estimate.NONE;
    }
    return estimates;
  }

  private Estimate estimate(Scalar plain) {
    double unit = plain.literal().map(literal -> Math.pow(10, -literal.places())).orElse(0.0);
    return new Estimate(equivalence.estimate(plain.expression()), unit);
  }
}
