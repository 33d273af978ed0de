package io.capoflow.schemas;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;

/**
 * Counter-based random numbers: a draw is a pure function of its key and its position, so it
 * depends neither on the order in which work happens nor on where it runs.
 *
 * <p>The generator is Philox-4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3",
 * SC 2011): the key is 64 bits, the counter is the position. Stateless and thread-safe.
 */
public final class Draws {
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;

  private Draws() {}

  /**
   * Folds the parts of a name into a key: strings, integers and longs, in order.
   *
   * @throws IllegalArgumentException when a part is of another type
   */
  public static long key(Object... parts) {
    long hash = 0x243F6A8885A308D3L;
    for (Object part : parts) {
      requireNonNull(part, "part");
      if (part instanceof Integer || part instanceof Long) {
        hash = mix(hash ^ mix(((Number) part).longValue() + 0x1L));
      } else if (part instanceof String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        hash = mix(hash ^ mix(bytes.length + 0x5851F42D4C957F2DL));
        for (byte b : bytes) {
          hash = mix(hash ^ (b & 0xFF));
        }
      } else {
        throw new IllegalArgumentException(
            "a key is made of strings and whole numbers, not " + part.getClass());
      }
    }
    return hash;
  }

  /** Uniform in [0, 1), with 53 bits. */
  public static double uniform(long key, long position) {
    return (bits(key, position) >>> 11) * 0x1.0p-53;
  }

  /**
   * Uniform over 0, 1, …, bound - 1; the bias is below bound / 2^63.
   *
   * @throws IllegalArgumentException when the bound is not positive
   */
  public static int integer(long key, long position, int bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException("bound must be positive: " + bound);
    }
    return (int) ((bits(key, position) >>> 1) % bound);
  }

  /** Standard normal, by Box and Muller. */
  public static double gaussian(long key, long position) {
    double radius = Math.sqrt(-2 * StrictMath.log(1 - uniform(key, 2 * position)));
    return radius * StrictMath.cos(2 * Math.PI * uniform(key, 2 * position + 1));
  }

  /** 64 random bits. */
  public static long bits(long key, long position) {
    int c0 = (int) position;
    int c1 = (int) (position >>> 32);
    int c2 = 0;
    int c3 = 0;
    int k0 = (int) key;
    int k1 = (int) (key >>> 32);
    for (int round = 0; round < 10; round++) {
      long product0 = MULTIPLIER_0 * (c0 & 0xFFFFFFFFL);
      long product1 = MULTIPLIER_1 * (c2 & 0xFFFFFFFFL);
      int next0 = (int) (product1 >>> 32) ^ c1 ^ k0;
      int next2 = (int) (product0 >>> 32) ^ c3 ^ k1;
      c1 = (int) product1;
      c3 = (int) product0;
      c0 = next0;
      c2 = next2;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
    return ((long) c0 << 32) | (c1 & 0xFFFFFFFFL);
  }

  /** The finaliser of SplitMix64. */
  private static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
