package io.capoflow.verifiers.expression;

/** Numbers that look random and depend on nothing but the seed and what they are drawn for. */
final class Draws {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final long seed;

  Draws(long seed) {
    this.seed = seed;
  }

  /** 64 bits, the same for the same name and index. */
  long bits(String name, int index) {
    long hash = seed + GOLDEN * (index + 1L);
    for (int i = 0; i < name.length(); i++) {
      hash = mixed(hash ^ name.charAt(i));
    }
    return mixed(hash + GOLDEN);
  }

  /** In 0 (included) to the bound (excluded). */
  int below(int bound, String name, int index) {
    return (int) Long.remainderUnsigned(bits(name, index), bound);
  }

  private static long mixed(long value) { // SplitMix64's finaliser
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
