package io.capoflow.verifiers.expression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Against fractions that are reduced as a whole after every step. */
class RationalTest {
  @Property(tries = 500)
  void countsAsFractionsThatAreReducedAtTheEnd(
      @ForAll BigInteger a, @ForAll BigInteger b, @ForAll BigInteger c, @ForAll BigInteger d) {
    BigInteger below = orOne(b);
    BigInteger otherBelow = orOne(d);
    Rational one = Rational.of(a, below);
    Rational other = Rational.of(c, otherBelow);
    is(one.plus(other), a.multiply(otherBelow).add(c.multiply(below)), below.multiply(otherBelow));
    is(
        one.minus(other),
        a.multiply(otherBelow).subtract(c.multiply(below)),
        below.multiply(otherBelow));
    is(one.times(other), a.multiply(c), below.multiply(otherBelow));
    if (!other.isZero()) {
      is(one.dividedBy(other), a.multiply(otherBelow), below.multiply(c));
    }
    is(one.negate(), a.negate(), below);
    is(one.abs(), a.abs(), below.abs());
  }

  @Property(tries = 200)
  void commonFactorsOfAllSizesCancel(
      @ForAll @IntRange(min = -60, max = 60) int a,
      @ForAll @IntRange(min = 1, max = 60) int b,
      @ForAll @IntRange(min = -60, max = 60) int c,
      @ForAll @IntRange(min = 1, max = 60) int d,
      @ForAll @IntRange(min = -5, max = 5) int exponent) {
    Rational one = Rational.of(BigInteger.valueOf(a), BigInteger.valueOf(b));
    Rational other = Rational.of(BigInteger.valueOf(c), BigInteger.valueOf(d));
    is(
        one.plus(other),
        BigInteger.valueOf((long) a * d + (long) c * b),
        BigInteger.valueOf((long) b * d));
    is(one.times(other), BigInteger.valueOf((long) a * c), BigInteger.valueOf((long) b * d));
    if (a != 0) {
      Rational power = one.power(exponent);
      BigInteger above = BigInteger.valueOf(exponent < 0 ? b : a).pow(Math.abs(exponent));
      is(power, above, BigInteger.valueOf(exponent < 0 ? a : b).pow(Math.abs(exponent)));
    }
  }

  @Property(tries = 200)
  void aDecimalEndsWhereOnlyTwosAndFivesDivide(
      @ForAll @IntRange(min = 0, max = 900) int twos,
      @ForAll @IntRange(min = 0, max = 900) int fives,
      @ForAll @IntRange(min = 1, max = 60) int rest) {
    BigInteger below =
        BigInteger.TWO
            .pow(twos)
            .multiply(BigInteger.valueOf(5).pow(fives))
            .multiply(BigInteger.valueOf(rest));
    int prime = rest;
    while (prime % 2 == 0 || prime % 5 == 0) {
      prime /= prime % 2 == 0 ? 2 : 5;
    }
    assertThat(Rational.of(BigInteger.ONE, below).terminates()).isEqualTo(prime == 1);
  }

  @Test
  void nothingIsDividedByZero() {
    assertThatThrownBy(() -> Rational.of(BigInteger.ONE, BigInteger.ZERO))
        .isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> Rational.ONE.dividedBy(Rational.ZERO))
        .isInstanceOf(ArithmeticException.class);
  }

  private static BigInteger orOne(BigInteger value) {
    return value.signum() == 0 ? BigInteger.ONE : value;
  }

  private static void is(Rational actual, BigInteger above, BigInteger below) {
    BigInteger divisor = above.gcd(below).multiply(BigInteger.valueOf(below.signum()));
    assertThat(actual.numerator()).isEqualTo(above.divide(divisor));
    assertThat(actual.denominator()).isEqualTo(below.divide(divisor));
  }
}
