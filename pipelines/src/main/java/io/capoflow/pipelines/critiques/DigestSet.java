package io.capoflow.pipelines.critiques;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * Which digests were seen: sixteen bytes of each, in a table without objects, so that ten million
 * rows fit into half a gigabyte. For one thread.
 */
final class DigestSet {
  private static final int HEX_DIGITS = 32;
  private static final int FIRST_CAPACITY = 1 << 12;

  // Pairs of longs; a pair of zeros is a free place.
  private long[] places = new long[2 * FIRST_CAPACITY];
  private int size;

  /**
   * Adds a digest.
   *
   * @param digest hexadecimal, at least 32 digits
   * @return whether it was new
   */
  boolean add(String digest) {
    ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(digest, 0, HEX_DIGITS));
    long high = bytes.getLong();
    // Zero stands for a free place, so the last bit is given up.
    long low = bytes.getLong() | 1;
    if (4 * (size + 1) > places.length) {
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

  private static int find(long[] places, long high, long low) {
    int mask = places.length / 2 - 1;
    int pair = (int) (high & mask);
    while (places[2 * pair + 1] != 0 && (places[2 * pair] != high || places[2 * pair + 1] != low)) {
      pair = (pair + 1) & mask;
    }
    return 2 * pair;
  }

  private void grow() {
    long[] larger = new long[2 * places.length];
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
