package io.capoflow.verifiers.expression;

import java.math.BigInteger;

/** Rational numbers of up to 4,096 bits; what is irrational or larger is out of reach. */
final class ExactArithmetic implements Arithmetic<Rational> {
  /** What one evaluation may cost before another way is better, in the time of node visits. */
  private static final long EFFORT = 20_000;

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
    return bounded(left.plus(right));
  }

  @Override
  public Rational multiply(Rational left, Rational right) {
    return bounded(left.times(right));
  }

  @Override
  public Rational divide(Rational dividend, Rational divisor) {
    if (divisor.isZero()) {
      throw new NoValue("division by zero");
    }
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
    BigInteger numerator = root(radicand.numerator().abs(), index);
    BigInteger denominator = root(radicand.denominator(), index);
    Rational root = new Rational(numerator, denominator);
    return radicand.signum() < 0 ? root.negate() : root;
  }

  private static BigInteger root(BigInteger value, int index) {
    if (index == 1 || value.bitLength() <= 1) {
      return value;
    }
    BigInteger root;
    if (index == 2) {
      root = value.sqrt();
    } else if (value.bitLength() <= index) {
      throw new OutOfReach("irrational");
    } else {
      root = newton(value, index);
    }
    if (!root.pow(index).equals(value)) {
      throw new OutOfReach("irrational");
    }
    return root;
  }

  /** The whole part of the root, from above. */
  private static BigInteger newton(BigInteger value, int index) {
    BigInteger n = BigInteger.valueOf(index);
    BigInteger less = BigInteger.valueOf(index - 1L);
    BigInteger guess = BigInteger.ONE.shiftLeft(value.bitLength() / index + 1);
    while (true) {
      BigInteger next = guess.multiply(less).add(value.divide(guess.pow(index - 1))).divide(n);
      if (next.compareTo(guess) >= 0) {
        return guess;
      }
      guess = next;
    }
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

  static Rational floor(Rational value) {
    BigInteger[] parts = value.numerator().divideAndRemainder(value.denominator());
    return Rational.of(parts[1].signum() < 0 ? parts[0].subtract(BigInteger.ONE) : parts[0]);
  }

  @Override
  public Rational maximum(Rational left, Rational right) {
    return left.compareTo(right) >= 0 ? left : right;
  }

  @Override
  public int largestFactorial() {
    return 500;
  }

  private Rational bounded(Rational value) {
    int bits = value.bits();
    if (bits > 64) {
      long cost = (long) bits * bits / 4_000; // of the greatest common divisor
      budget.spend(cost);
      effort += cost;
    }
    if (bits > 2 * Budget.BITS || effort > EFFORT) {
      throw new OutOfReach("large");
    }
    return value;
  }
}
