package io.capoflow.verifiers.expression;

import java.math.BigInteger;

/**
 * Residues modulo a random prime, variables at random residues. Two rational functions that agree
 * there are equal but for a chance of about their degree in 2^60 (Schwartz, Zippel).
 */
final class ModularArithmetic implements Arithmetic<Long> {
  /** An inverse, in units of fuel. */
  private static final int INVERSE = 14;

  private static final int POWER = 4;

  /** Bits of a long number that are reduced for a unit of fuel. */
  private static final int REDUCED = 32;

  /** Bits of an exponent below the prime that are worked off, and factors multiplied, for one. */
  private static final int SQUARED = 5;

  private static final int MULTIPLIED = 2;
  private static final int PRIME_BITS = 61;

  private final Prime prime;
  private final Draws draws;
  private final int point;
  private final Budget budget;

  ModularArithmetic(Prime prime, Draws draws, int point, Budget budget) {
    this.prime = prime;
    this.draws = draws;
    this.point = point;
    this.budget = budget;
  }

  @Override
  public Long number(Rational value) {
    budget.spend(value.bits() / REDUCED);
    long numerator = prime.residue(value.numerator());
    return value.isInteger()
        ? (Long) numerator
        : divide(numerator, (Long) prime.residue(value.denominator()));
  }

  @Override
  public Long variable(String name) {
    return prime.residue(draws.bits(name, point) >>> 3);
  }

  @Override
  public Long pi() {
    throw new OutOfReach("irrational");
  }

  @Override
  public Long euler() {
    throw new OutOfReach("irrational");
  }

  @Override
  public Long imaginary() {
    throw new OutOfReach("not real");
  }

  @Override
  public Long add(Long left, Long right) {
    return prime.add(left, right);
  }

  @Override
  public Long multiply(Long left, Long right) {
    budget.spend(1);
    return prime.multiply(left, right);
  }

  @Override
  public Long divide(Long dividend, Long divisor) {
    if (divisor == 0) {
      throw new NoValue("division by zero");
    }
    budget.spend(INVERSE);
    return prime.multiply(dividend, prime.inverse(divisor));
  }

  @Override
  public Long negate(Long value) {
    return prime.negate(value);
  }

  @Override
  public Long power(Long base, BigInteger exponent) {
    if (base == 0) {
      if (exponent.signum() <= 0) {
        throw new NoValue("zero to a power that is not positive");
      }
      return base;
    }
    int bits = exponent.bitLength();
    budget.spend(POWER + Math.min(bits, PRIME_BITS) / SQUARED + bits / REDUCED);
    return prime.power(base, exponent);
  }

  @Override
  public Long power(Long base, Long exponent) {
    throw new OutOfReach("not a rational function");
  }

  @Override
  public Long root(Long radicand, int index) {
    if (index == 1) {
      return radicand;
    }
    throw new OutOfReach("not a rational function");
  }

  @Override
  public Long apply(Function function, Long argument) {
    throw new OutOfReach("not a rational function");
  }

  @Override
  public Long maximum(Long left, Long right) {
    throw new OutOfReach("no order");
  }

  @Override
  public int largestFactorial() {
    return Budget.FACTORIAL;
  }

  @Override
  public Long falling(BigInteger from, int factors) {
    budget.spend(factors / MULTIPLIED);
    long less = prime.negate(prime.one());
    long factor = prime.residue(from);
    long product = prime.one();
    for (int i = 0; i < factors; i++) {
      product = prime.multiply(product, factor);
      factor = prime.add(factor, less);
    }
    return product;
  }
}
