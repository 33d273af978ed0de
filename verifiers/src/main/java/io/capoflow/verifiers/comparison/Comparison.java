package io.capoflow.verifiers.comparison;

import static java.util.Objects.requireNonNull;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.expression.Equivalence;
import io.capoflow.verifiers.expression.Equivalence.Outcome;
import io.capoflow.verifiers.expression.Expression;
import io.capoflow.verifiers.expression.Expression.Kind;
import io.capoflow.verifiers.expression.Proportionality;
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
import io.capoflow.verifiers.reading.Answer.Words;
import io.capoflow.verifiers.reading.Folding;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * Decides whether two answers are equivalent; the gold answer's type decides how
 * (docs/verification-spec.md, 3 to 5).
 */
public final class Comparison {
  /** What deciding on a pair of answers costs, in units of fuel; letters and bits for one more. */
  private static final int PAIR = 30;

  private static final int LETTERS = 4;
  private static final int BITS = 4;

  private final Equivalence equivalence;
  private final Budget budget;
  private final Proportionality proportionality;
  private final Scalars scalars;
  private final Regions regions;
  private final Sets sets;

  public Comparison(Equivalence equivalence, Budget budget, Rules rules) {
    this.equivalence = requireNonNull(equivalence, "equivalence");
    this.budget = requireNonNull(budget, "budget");
    proportionality = new Proportionality(equivalence);
    scalars = new Scalars(equivalence, requireNonNull(rules, "rules"));
    regions = new Regions(equivalence, scalars);
    sets = new Sets(equivalence);
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
      return regions.inequality(inequality, response);
    }
    boolean interval =
        gold.answer() instanceof Intervals
            || response.answer() instanceof Intervals
            || response.answer() instanceof Inequality;
    if (interval) {
      return regions.interval(gold.answer(), response.answer());
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
        proportionality.compare(gold.difference().get(), given.difference().get(), false);
    return switch (decision.outcome()) {
      case EQUAL -> new Decision(true, "proportional");
      case DIFFERENT -> new Decision(false, "proportional");
      case UNDEFINED -> new Decision(false, "undefined");
      case UNDECIDED -> tokens(whole, response, "equation");
    };
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
      return sets.equal(gold.items(), response.items(), (one, other) -> decide(one, other).equal());
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
}
