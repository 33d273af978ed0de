package io.capoflow.verifiers.comparison;

import io.capoflow.verifiers.expression.Equivalence;
import io.capoflow.verifiers.expression.Equivalence.Outcome;
import io.capoflow.verifiers.expression.Expression;
import io.capoflow.verifiers.expression.Expression.Kind;
import io.capoflow.verifiers.expression.Rational;
import io.capoflow.verifiers.reading.Answer.DecimalLiteral;
import io.capoflow.verifiers.reading.Answer.Scalar;
import io.capoflow.verifiers.reading.Units;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Optional;

/** Compares two numbers or expressions with their units and percent signs. */
final class Scalars {
  private static final Expression HUNDRED = Expression.number(Rational.HUNDRED);

  private static final MathContext CONTEXT = new MathContext(64);

  private final Equivalence equivalence;
  private final Rules rules;

  Scalars(Equivalence equivalence, Rules rules) {
    this.equivalence = equivalence;
    this.rules = rules;
  }

  /** What a comparison comes to; undecided where only the tokens are left to compare. */
  Equivalence.Decision compare(Scalar gold, Scalar response) {
    if (rules.literalOnly() && gold.value().isPresent() && !response.written()) {
      return decision(false, "literal");
    }
    Scalar given = response;
    boolean pounds = arePounds(gold, response) || arePounds(response, gold);
    if (!pounds && gold.unit().isPresent() && response.unit().isPresent()) {
      if (!gold.unit().get().dimensions().equals(response.unit().get().dimensions())) {
        return decision(false, "unit");
      }
      Rational ratio = response.unit().get().factor().dividedBy(gold.unit().get().factor());
      given = ratio.equals(Rational.ONE) ? response : scaled(response, ratio);
    }
    if (gold.percent() == given.percent()) {
      return value(gold, given);
    }
    Scalar goldAsFraction = gold.percent() ? hundredth(gold) : gold;
    Scalar givenAsFraction = given.percent() ? hundredth(given) : given;
    Equivalence.Decision asFraction = value(goldAsFraction, givenAsFraction);
    return asFraction.outcome() == Outcome.EQUAL ? asFraction : value(gold, given);
  }

  /** "Pounds" beside "£" are money, whatever they weigh elsewhere. */
  private static boolean arePounds(Scalar one, Scalar other) {
    return one.unit().equals(Units.named("GBP")) && other.unit().equals(Units.named("pounds"));
  }

  private static Equivalence.Decision decision(boolean equal, String route) {
    return new Equivalence.Decision(equal ? Outcome.EQUAL : Outcome.DIFFERENT, route);
  }

  private static Scalar scaled(Scalar scalar, Rational factor) {
    return new Scalar(
        Expression.of(Kind.PRODUCT, scalar.expression(), Expression.number(factor)),
        scalar.value().map(factor::times),
        Optional.empty(),
        scalar.percent(),
        scalar.unit(),
        scalar.written());
  }

  private static Scalar hundredth(Scalar scalar) {
    return new Scalar(
        Expression.of(Kind.QUOTIENT, scalar.expression(), HUNDRED),
        scalar.value().map(value -> value.dividedBy(Rational.HUNDRED)),
        scalar
            .literal()
            .map(literal -> new DecimalLiteral(literal.places() + 2, literal.significant())),
        false,
        scalar.unit(),
        scalar.written());
  }

  private Equivalence.Decision value(Scalar gold, Scalar response) {
    if (gold.value().isPresent() && response.value().isPresent()) {
      return rationals(gold, response);
    }
    boolean closed = gold.expression().isClosed() && response.expression().isClosed();
    if (closed && gold.literal().isPresent()) {
      Optional<BigDecimal> given = equivalence.value(response.expression());
      boolean near =
          given.isPresent()
              && near(
                  decimal(gold.value().orElseThrow()),
                  given.get(),
                  halfUnit(gold.literal().get().places()));
      return decision(near, "rounded");
    }
    if (closed && response.literal().isPresent()) {
      DecimalLiteral literal = response.literal().get();
      if (literal.significant() < rules.approximationDigits()) {
        return decision(false, "rounded");
      }
      Optional<BigDecimal> expected = equivalence.value(gold.expression());
      boolean near =
          expected.isPresent()
              && near(
                  expected.get(),
                  decimal(response.value().orElseThrow()),
                  BigDecimal.ONE.scaleByPowerOfTen(-literal.places()));
      return decision(near, "rounded");
    }
    return equivalence.compare(gold.expression(), response.expression());
  }

  private Equivalence.Decision rationals(Scalar gold, Scalar response) {
    Rational expected = gold.value().orElseThrow();
    Rational given = response.value().orElseThrow();
    if (expected.equals(given)) {
      return decision(true, "exact");
    }
    if (gold.literal().isPresent()) {
      int places = gold.literal().get().places();
      boolean precise = response.literal().isEmpty() || response.literal().get().places() >= places;
      Rational difference = given.minus(expected).abs();
      boolean near = precise && difference.compareTo(unit(5, places + 1)) <= 0;
      return decision(near, near ? "rounded" : "exact");
    }
    boolean approximate =
        response.literal().isPresent()
            && !expected.terminates()
            && response.literal().get().significant() >= rules.approximationDigits();
    if (!approximate) {
      return decision(false, "exact");
    }
    Rational difference = given.minus(expected).abs();
    return decision(
        difference.compareTo(unit(1, response.literal().get().places())) <= 0, "rounded");
  }

  private static Rational unit(long digit, int places) {
    return Rational.decimal(BigInteger.valueOf(digit), places);
  }

  private static BigDecimal halfUnit(int places) {
    return BigDecimal.valueOf(5).scaleByPowerOfTen(-places - 1);
  }

  private static BigDecimal decimal(Rational value) {
    return new BigDecimal(value.numerator()).divide(new BigDecimal(value.denominator()), CONTEXT);
  }

  private static boolean near(BigDecimal one, BigDecimal other, BigDecimal tolerance) {
    return one.subtract(other, CONTEXT).abs().compareTo(tolerance) <= 0;
  }
}
