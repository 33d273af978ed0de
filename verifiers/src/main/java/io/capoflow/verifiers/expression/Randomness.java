package io.capoflow.verifiers.expression;

/**
 * What one seed draws: points, and the two primes that exact comparison works modulo. Immutable.
 */
public final class Randomness {
  private final long seed;
  private final Draws draws;
  private final Prime[] primes;

  private Randomness(long seed) {
    this.seed = seed;
    draws = new Draws(seed);
    primes = new Prime[] {Prime.drawn(draws, 0), Prime.drawn(draws, 1)};
  }

  public static Randomness of(long seed) {
    return new Randomness(seed);
  }

  public long seed() {
    return seed;
  }

  Draws draws() {
    return draws;
  }

  int primes() {
    return primes.length;
  }

  Prime prime(int index) {
    return primes[index];
  }
}
