package io.capoflow.verifiers.expression;

import java.math.BigInteger;

/** An exact fraction in lowest terms with a positive denominator. */
public record Rational(BigInteger numerator, BigInteger denominator)
    implements Comparable<Rational> {
  public static final Rational ZERO = of(BigInteger.ZERO);
  public static final Rational ONE = of(BigInteger.ONE);
  public static final Rational HUNDRED = of(BigInteger.valueOf(100));

  public Rational {
    if (denominator.signum() == 0) {
      throw new ArithmeticException("a fraction's denominator is not 0");
    }
    if (!denominator.equals(BigInteger.ONE)) {
      BigInteger divisor = numerator.gcd(denominator);
      if (denominator.signum() < 0) {
        divisor = divisor.negate();
      }
      numerator = numerator.divide(divisor);
      denominator = denominator.divide(divisor);
    }
  }

  public static Rational of(BigInteger whole) {
    return new Rational(whole, BigInteger.ONE);
  }

  public static Rational of(long whole) {
    return of(BigInteger.valueOf(whole));
  }

  /** digits · 10^-places. */
  public static Rational decimal(BigInteger digits, int places) {
    return places >= 0
        ? new Rational(digits, BigInteger.TEN.pow(places))
        : of(digits.multiply(BigInteger.TEN.pow(-places)));
  }

  public Rational plus(Rational other) {
    return new Rational(
        numerator.multiply(other.denominator).add(other.numerator.multiply(denominator)),
        denominator.multiply(other.denominator));
  }

  public Rational negate() {
    return new Rational(numerator.negate(), denominator);
  }

  public Rational minus(Rational other) {
    return plus(other.negate());
  }

  public Rational times(Rational other) {
    return new Rational(
        numerator.multiply(other.numerator), denominator.multiply(other.denominator));
  }

  /** Only for another that is not 0. */
  public Rational dividedBy(Rational other) {
    return new Rational(
        numerator.multiply(other.denominator), denominator.multiply(other.numerator));
  }

  public Rational power(int exponent) {
    return exponent >= 0
        ? new Rational(numerator.pow(exponent), denominator.pow(exponent))
        : new Rational(denominator.pow(-exponent), numerator.pow(-exponent));
  }

  public Rational abs() {
    return new Rational(numerator.abs(), denominator);
  }

  @Override
  public int compareTo(Rational other) {
    return numerator.multiply(other.denominator).compareTo(other.numerator.multiply(denominator));
  }

  public boolean isZero() {
    return numerator.signum() == 0;
  }

  public boolean isInteger() {
    return denominator.equals(BigInteger.ONE);
  }

  /** Whether its decimal expansion ends: no prime but 2 and 5 divides the denominator. */
  public boolean terminates() {
    BigInteger rest = denominator.shiftRight(denominator.getLowestSetBit());
    BigInteger five = BigInteger.valueOf(5);
    while (rest.mod(five).signum() == 0) {
      rest = rest.divide(five);
    }
    return rest.equals(BigInteger.ONE);
  }

  public int signum() {
    return numerator.signum();
  }

  public int bits() {
    return Math.max(numerator.bitLength(), denominator.bitLength());
  }
}
