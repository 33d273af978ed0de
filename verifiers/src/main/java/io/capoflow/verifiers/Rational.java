package io.capoflow.verifiers;

import java.math.BigInteger;

/** An exact fraction in lowest terms with a positive denominator. */
record Rational(BigInteger numerator, BigInteger denominator) {
  static final Rational ZERO = of(BigInteger.ZERO);
  static final Rational HUNDRED = of(BigInteger.valueOf(100));

  Rational {
    if (denominator.signum() == 0) {
      throw new ArithmeticException("a fraction's denominator is not 0");
    }
    BigInteger divisor = numerator.gcd(denominator);
    if (denominator.signum() < 0) {
      divisor = divisor.negate();
    }
    numerator = numerator.divide(divisor);
    denominator = denominator.divide(divisor);
  }

  static Rational of(BigInteger whole) {
    return new Rational(whole, BigInteger.ONE);
  }

  /** digits · 10^-places. */
  static Rational decimal(BigInteger digits, int places) {
    return places >= 0
        ? new Rational(digits, BigInteger.TEN.pow(places))
        : of(digits.multiply(BigInteger.TEN.pow(-places)));
  }

  Rational plus(Rational other) {
    return new Rational(
        numerator.multiply(other.denominator).add(other.numerator.multiply(denominator)),
        denominator.multiply(other.denominator));
  }

  Rational negate() {
    return new Rational(numerator.negate(), denominator);
  }

  Rational minus(Rational other) {
    return plus(other.negate());
  }

  Rational times(Rational other) {
    return new Rational(
        numerator.multiply(other.numerator), denominator.multiply(other.denominator));
  }

  /** Only for another that is not 0. */
  Rational dividedBy(Rational other) {
    return new Rational(
        numerator.multiply(other.denominator), denominator.multiply(other.numerator));
  }

  Rational power(int exponent) {
    return exponent >= 0
        ? new Rational(numerator.pow(exponent), denominator.pow(exponent))
        : new Rational(denominator.pow(-exponent), numerator.pow(-exponent));
  }

  Rational abs() {
    return new Rational(numerator.abs(), denominator);
  }

  int compareTo(Rational other) {
    return numerator.multiply(other.denominator).compareTo(other.numerator.multiply(denominator));
  }

  boolean isZero() {
    return numerator.signum() == 0;
  }

  boolean isInteger() {
    return denominator.equals(BigInteger.ONE);
  }

  /** Whether its decimal expansion ends: no prime but 2 and 5 divides the denominator. */
  boolean terminates() {
    BigInteger rest = denominator.shiftRight(denominator.getLowestSetBit());
    BigInteger five = BigInteger.valueOf(5);
    while (rest.mod(five).signum() == 0) {
      rest = rest.divide(five);
    }
    return rest.equals(BigInteger.ONE);
  }

  int bits() {
    return Math.max(numerator.bitLength(), denominator.bitLength());
  }
}
