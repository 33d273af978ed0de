package io.capoflow.schemas;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * Which digests were seen: 127 bits of each, in a table without objects, so that ten million fit
 * into half a gigabyte. Two that share those bits are not to be expected. Not thread-safe.
 */
public final class DigestSet {
  private static final int HEX_DIGITS = 32;
  private static final int FIRST_CAPACITY = 1 << 12;

  // Pairs of longs; where the second is zero, the place is free.
  private long[] places = new long[2 * FIRST_CAPACITY];
  private int size;

  /**
   * Adds a digest.
   *
   * @param digest hexadecimal, at least 32 digits
   * @return whether it was new
   * @throws IllegalArgumentException when it is not hexadecimal
   * @throws IndexOutOfBoundsException when it is shorter
   */
  public boolean add(String digest) {
    ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(digest, 0, HEX_DIGITS));
    long high = bytes.getLong();
    // A low half of zero stands for a free place, so the last bit is given up.
    long low = bytes.getLong() | 1;
    if (4L * (size + 1) > places.length) {
      grow();
    }
    int place = find(places, high, low);
    if (places[place + 1] != 0) {
      return false;
    }
    places[place] = high;
    places[place + 1] = low;
    size++;
    return true;
  }

  /** How many are in it. */
  public long size() {
    return size;
  }

  private static int find(long[] places, long high, long low) {
    int mask = places.length / 2 - 1;
    int pair = (int) (high & mask);
    while (places[2 * pair + 1] != 0 && (places[2 * pair] != high || places[2 * pair + 1] != low)) {
      pair = (pair + 1) & mask;
    }
    return 2 * pair;
  }

  private void grow() {
    long[] larger = new long[Math.multiplyExact(2, places.length)];
    for (int place = 0; place < places.length; place += 2) {
      if (places[place + 1] != 0) {
        int free = find(larger, places[place], places[place + 1]);
        larger[free] = places[place];
        larger[free + 1] = places[place + 1];
      }
    }
    places = larger;
  }
}
