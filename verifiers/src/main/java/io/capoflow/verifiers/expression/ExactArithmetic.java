package io.capoflow.verifiers.expression;

import java.math.BigInteger;

/** Rational numbers of up to 8,192 bits; what is irrational or larger is out of reach. */
final class ExactArithmetic implements Arithmetic<Rational> {
  /** What one evaluation may cost before another way is better, in units of fuel. */
  private static final long EFFORT = 40_000;

  private static final int BITS = 2 * Budget.BITS;

  /** Pairs of bits that a unit of fuel pays for: in a common divisor, a product, a root. */
  private static final long DIVISOR_BITS = 1_000;

  private static final long PRODUCT_BITS = 60_000;
  private static final long ROOT_BITS = 5_000;
  private static final long ROOT = 30;
  private static final long OPERATION = 5;

  private final Budget budget;
  private long effort;

  ExactArithmetic(Budget budget) {
    this.budget = budget;
  }

  @Override
  public Rational number(Rational value) {
    return value;
  }

  @Override
  public Rational variable(String name) {
    throw new OutOfReach("a variable");
  }

  @Override
  public Rational pi() {
    throw new OutOfReach("irrational");
  }

  @Override
  public Rational euler() {
    throw new OutOfReach("irrational");
  }

  @Override
  public Rational imaginary() {
    throw new OutOfReach("not real");
  }

  @Override
  public Rational add(Rational left, Rational right) {
    spend(
        OPERATION
            + sumsDivisorsCost(left.denominator(), right.denominator())
            + productCost(left.numerator(), right.denominator())
            + productCost(right.numerator(), left.denominator()));
    return bounded(left.plus(right));
  }

  @Override
  public Rational multiply(Rational left, Rational right) {
    spend(
        OPERATION
            + divisorCost(left.numerator(), right.denominator())
            + divisorCost(right.numerator(), left.denominator())
            + productCost(left.numerator(), right.numerator())
            + productCost(left.denominator(), right.denominator()));
    return bounded(left.times(right));
  }

  @Override
  public Rational divide(Rational dividend, Rational divisor) {
    if (divisor.isZero()) {
      throw new NoValue("division by zero");
    }
    spend(
        OPERATION
            + divisorCost(dividend.numerator(), divisor.numerator())
            + divisorCost(divisor.denominator(), dividend.denominator())
            + productCost(dividend.numerator(), divisor.denominator())
            + productCost(dividend.denominator(), divisor.numerator()));
    return bounded(dividend.dividedBy(divisor));
  }

  @Override
  public Rational negate(Rational value) {
    return value.negate();
  }

  @Override
  public Rational power(Rational base, BigInteger exponent) {
    if (base.isZero()) {
      if (exponent.signum() <= 0) {
        throw new NoValue("zero to a power that is not positive");
      }
      return base;
    }
    if (base.equals(Rational.ONE)) {
      return base;
    }
    if (base.isInteger() && base.numerator().equals(BigInteger.ONE.negate())) {
      return exponent.testBit(0) ? base : Rational.ONE;
    }
    if (exponent.bitLength() > 13
        || (long) (base.bits() - 1) * Math.abs(exponent.intValue()) > Budget.BITS) {
      throw new OutOfReach("large");
    }
    long bits = (long) base.bits() * Math.abs(exponent.intValue());
    spend(bits * bits / PRODUCT_BITS);
    return bounded(base.power(exponent.intValue()));
  }

  @Override
  public Rational power(Rational base, Rational exponent) {
    throw new OutOfReach("irrational");
  }

  @Override
  public Rational root(Rational radicand, int index) {
    if (radicand.signum() < 0 && index % 2 == 0) {
      throw new OutOfReach("not real");
    }
    long bits = radicand.bits();
    spend(index == 1 ? 0 : ROOT + bits * bits / ROOT_BITS);
    BigInteger numerator = root(radicand.numerator().abs(), index);
    BigInteger denominator = root(radicand.denominator(), index);
    Rational root = Rational.of(numerator, denominator);
    return radicand.signum() < 0 ? root.negate() : root;
  }

  private static BigInteger root(BigInteger value, int index) {
    if (index == 1 || value.bitLength() <= 1) {
      return value;
    }
    if (value.bitLength() <= index) {
      throw new OutOfReach("irrational");
    }
    BigInteger root = newton(value, index);
    if (!root.pow(index).equals(value)) {
      throw new OutOfReach("irrational");
    }
    return root;
  }

  /** The whole part of the root, from just above the double's value. */
  private static BigInteger newton(BigInteger value, int index) {
    int dropped = Math.max(value.bitLength() - 62, 0);
    double bits = (dropped + log2(value.shiftRight(dropped).longValue() + 1)) / index;
    int shift = Math.max((int) bits - 50, 0);
    long top = (long) (Math.pow(2, bits - shift) * (1 + 0x1p-36)) + 1;
    BigInteger guess = BigInteger.valueOf(top).shiftLeft(shift);
    BigInteger n = BigInteger.valueOf(index);
    BigInteger less = BigInteger.valueOf(index - 1L);
    while (true) {
      BigInteger next = guess.multiply(less).add(value.divide(guess.pow(index - 1))).divide(n);
      if (next.compareTo(guess) >= 0) {
        return guess;
      }
      guess = next;
    }
  }

  private static double log2(long value) {
    return Math.log((double) value) / Math.log(2);
  }

  @Override
  public Rational apply(Function function, Rational argument) {
    return switch (function) {
      case ABS -> argument.abs();
      case FLOOR -> floor(argument);
      case CEILING -> floor(argument.negate()).negate();
      case SIGN -> Rational.of(argument.signum());
      case REAL_PART, CONJUGATE -> argument;
      case IMAGINARY_PART -> Rational.ZERO;
      default -> throw new OutOfReach("irrational");
    };
  }

  private Rational floor(Rational value) {
    // Long division takes about twice as long as a product.
    spend(2 * productCost(value.numerator(), value.denominator()));
    BigInteger[] parts = value.numerator().divideAndRemainder(value.denominator());
    return Rational.of(parts[1].signum() < 0 ? parts[0].subtract(BigInteger.ONE) : parts[0]);
  }

  @Override
  public Rational maximum(Rational left, Rational right) {
    spend(
        productCost(left.numerator(), right.denominator())
            + productCost(right.numerator(), left.denominator()));
    return left.compareTo(right) >= 0 ? left : right;
  }

  @Override
  public int largestFactorial() {
    return 500;
  }

  /** Of two whole numbers, neither negative. */
  BigInteger greatestCommonDivisor(BigInteger left, BigInteger right) {
    spend(divisorCost(left, right));
    return left.gcd(right);
  }

  /**
   * What the greatest common divisor costs: one division where one number is far smaller than the
   * other, else a step a bit, each over all digits.
   */
  private static long divisorCost(BigInteger left, BigInteger right) {
    int least = Math.min(left.bitLength(), right.bitLength());
    long most = Math.max(left.bitLength(), right.bitLength());
    return least <= 1 ? 0 : (long) least * least / DIVISOR_BITS + least / 3 + most / 64 + 4;
  }

  /** A sum's numerator may have factors in common with what both denominators have in common. */
  private static long sumsDivisorsCost(BigInteger left, BigInteger right) {
    int times = left.bitLength() <= Long.SIZE || left.equals(right) ? 1 : 2;
    return times * divisorCost(left, right);
  }

  private static long productCost(BigInteger left, BigInteger right) {
    return (long) left.bitLength() * right.bitLength() / PRODUCT_BITS;
  }

  private void spend(long cost) {
    effort += cost;
    if (effort > EFFORT) {
      throw new OutOfReach("large");
    }
    budget.spend(cost);
  }

  private static Rational bounded(Rational value) {
    if (value.bits() > BITS) {
      throw new OutOfReach("large");
    }
    return value;
  }
}
