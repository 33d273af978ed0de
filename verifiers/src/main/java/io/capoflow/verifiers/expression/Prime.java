package io.capoflow.verifiers.expression;

import java.math.BigInteger;

/**
 * Arithmetic modulo a prime of 61 bits, on residues in Montgomery form (Montgomery 1985, R = 2^64).
 */
final class Prime {
  private static final long[] WITNESSES = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};

  private final long modulus;
  private final long negativeInverse; // -modulus^-1 mod 2^64
  private final long squaredRadix; // 2^128 mod modulus
  private final long cubedRadix; // 2^192 mod modulus
  private final long one;
  private final BigInteger large;

  private Prime(long modulus) {
    this.modulus = modulus;
    long inverse = modulus; // right to 3 bits, and each step doubles them
    for (int i = 0; i < 5; i++) {
      inverse *= 2 - modulus * inverse;
    }
    negativeInverse = -inverse;
    large = BigInteger.valueOf(modulus);
    squaredRadix = BigInteger.ONE.shiftLeft(128).mod(large).longValue();
    cubedRadix = BigInteger.ONE.shiftLeft(192).mod(large).longValue();
    one = BigInteger.ONE.shiftLeft(64).mod(large).longValue();
  }

  /** A prime between 2^60 and 2^61 that the seed and index say. */
  static Prime drawn(Draws draws, int index) {
    long candidate = ((draws.bits("prime", index) >>> 4) | (1L << 60) | 1) & ((1L << 61) - 1);
    while (true) {
      if (!hasSmallFactor(candidate)) {
        Prime prime = new Prime(candidate);
        if (prime.isPrime()) {
          return prime;
        }
      }
      candidate = candidate + 2 < 1L << 61 ? candidate + 2 : (1L << 60) + 1;
    }
  }

  private static boolean hasSmallFactor(long candidate) {
    for (int i = 3; i < 200; i += 2) {
      if (candidate % i == 0) {
        return true;
      }
    }
    return false;
  }

  /** Miller and Rabin with bases that decide every number below 2^64 (Sorenson, Webster 2015). */
  private boolean isPrime() {
    int twos = Long.numberOfTrailingZeros(modulus - 1);
    long odd = (modulus - 1) >>> twos;
    long minusOne = modulus - one;
    for (long witness : WITNESSES) {
      long power = power(residue(witness), odd);
      boolean passes = power == one || power == minusOne;
      for (int i = 1; i < twos && !passes; i++) {
        power = multiply(power, power);
        passes = power == minusOne;
      }
      if (!passes) {
        return false;
      }
    }
    return true;
  }

  long residue(long value) {
    long reduced = value % modulus;
    return multiply(reduced < 0 ? reduced + modulus : reduced, squaredRadix);
  }

  long residue(BigInteger value) {
    return value.bitLength() < 63
        ? residue(value.longValue())
        : residue(value.mod(large).longValue());
  }

  long one() {
    return one;
  }

  long add(long left, long right) {
    long sum = left + right;
    return sum >= modulus ? sum - modulus : sum;
  }

  long negate(long value) {
    return value == 0 ? 0 : modulus - value;
  }

  long multiply(long left, long right) {
    long high = Math.multiplyHigh(left, right);
    long low = left * right;
    long factor = low * negativeInverse;
    // The upper half of an unsigned product; the modulus is positive.
    long carried = Math.multiplyHigh(factor, modulus) + ((factor >> 63) & modulus);
    long result = high + carried + (low == 0 ? 0 : 1);
    return result >= modulus ? result - modulus : result;
  }

  /** For an exponent that is not negative. */
  long power(long base, long exponent) {
    long result = one;
    long square = base;
    for (long rest = exponent; rest > 0; rest >>= 1) {
      if ((rest & 1) == 1) {
        result = multiply(result, square);
      }
      square = multiply(square, square);
    }
    return result;
  }

  long power(long base, BigInteger exponent) {
    return power(base, exponent.mod(large.subtract(BigInteger.ONE)).longValue());
  }

  /** Of a residue that is not 0, by Euclid's algorithm. */
  long inverse(long value) {
    long larger = modulus;
    long smaller = value;
    long before = 0;
    long coefficient = 1;
    while (smaller > 1) {
      long quotient = larger / smaller;
      long rest = larger - quotient * smaller;
      larger = smaller;
      smaller = rest;
      long next = before - quotient * coefficient;
      before = coefficient;
      coefficient = next;
    }
    // The inverse of a residue in Montgomery form lacks the radix twice.
    return multiply(coefficient < 0 ? coefficient + modulus : coefficient, cubedRadix);
  }
}
