package io.capoflow.verifiers.expression;

import static java.util.Objects.requireNonNull;

import java.math.BigInteger;

/**
 * An exact fraction in lowest terms with a positive denominator. Immutable.
 *
 * <p>The greatest common divisor costs far more than any other operation on large numbers, so sums
 * and products look for common factors only where there can be some (Henrici 1956; Knuth, The Art
 * of Computer Programming, 4.5.1).
 */
public final class Rational implements Comparable<Rational> {
  public static final Rational ZERO = of(BigInteger.ZERO);
  public static final Rational ONE = of(BigInteger.ONE);
  public static final Rational HUNDRED = of(BigInteger.valueOf(100));

  private final BigInteger numerator;
  private final BigInteger denominator;

  /** For what is in lowest terms already. */
  private Rational(BigInteger numerator, BigInteger denominator) {
    this.numerator = requireNonNull(numerator, "numerator");
    this.denominator = requireNonNull(denominator, "denominator");
  }

  /** The fraction in lowest terms, for a denominator that is not 0. */
  public static Rational of(BigInteger numerator, BigInteger denominator) {
    if (denominator.signum() == 0) {
      throw new ArithmeticException("a fraction's denominator is not 0");
    }
    BigInteger divisor = commonDivisor(numerator, denominator);
    return reduced(quotient(numerator, divisor), quotient(denominator, divisor));
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
        ? of(digits, BigInteger.TEN.pow(places))
        : of(digits.multiply(BigInteger.TEN.pow(-places)));
  }

  /** Without common factors; the sign may still be below. */
  private static Rational reduced(BigInteger above, BigInteger below) {
    return below.signum() < 0
        ? new Rational(above.negate(), below.negate())
        : new Rational(above, below);
  }

  private static BigInteger commonDivisor(BigInteger one, BigInteger other) {
    if (isUnit(one) || isUnit(other)) {
      return BigInteger.ONE;
    }
    return one.equals(other) ? one.abs() : one.gcd(other);
  }

  private static boolean isUnit(BigInteger value) {
    return value.bitLength() <= 1 && value.abs().equals(BigInteger.ONE);
  }

  private static BigInteger quotient(BigInteger value, BigInteger divisor) {
    return divisor.equals(BigInteger.ONE) ? value : value.divide(divisor);
  }

  public BigInteger numerator() {
    return numerator;
  }

  public BigInteger denominator() {
    return denominator;
  }

  public Rational plus(Rational other) {
    BigInteger divisor = commonDivisor(denominator, other.denominator);
    BigInteger rest = quotient(denominator, divisor);
    BigInteger otherRest = quotient(other.denominator, divisor);
    BigInteger sum = numerator.multiply(otherRest).add(other.numerator.multiply(rest));
    BigInteger again = commonDivisor(sum, divisor);
    return new Rational(quotient(sum, again), rest.multiply(quotient(other.denominator, again)));
  }

  public Rational negate() {
    return new Rational(numerator.negate(), denominator);
  }

  public Rational minus(Rational other) {
    return plus(other.negate());
  }

  public Rational times(Rational other) {
    BigInteger one = commonDivisor(numerator, other.denominator);
    BigInteger two = commonDivisor(other.numerator, denominator);
    return new Rational(
        quotient(numerator, one).multiply(quotient(other.numerator, two)),
        quotient(denominator, two).multiply(quotient(other.denominator, one)));
  }

  /** Only for another that is not 0. */
  public Rational dividedBy(Rational other) {
    if (other.isZero()) {
      throw new ArithmeticException("a divisor is not 0");
    }
    return times(reduced(other.denominator, other.numerator));
  }

  /** Zero only to powers of at least 0. */
  public Rational power(int exponent) {
    return exponent >= 0
        ? new Rational(numerator.pow(exponent), denominator.pow(exponent))
        : reduced(denominator.pow(-exponent), numerator.pow(-exponent));
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
    // What divides a power of five that is no smaller is one.
    return BigInteger.valueOf(5).pow(rest.bitLength() / 2 + 1).mod(rest).signum() == 0;
  }

  public int signum() {
    return numerator.signum();
  }

  public int bits() {
    return Math.max(numerator.bitLength(), denominator.bitLength());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Rational that
        && numerator.equals(that.numerator)
        && denominator.equals(that.denominator);
  }

  @Override
  public int hashCode() {
    return 31 * numerator.hashCode() + denominator.hashCode();
  }

  @Override
  public String toString() {
    return isInteger() ? numerator.toString() : numerator + "/" + denominator;
  }
}
