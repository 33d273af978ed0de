package io.capoflow.pipelines.critiques.card;

import io.capoflow.schemas.Digests;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * Counts distinct texts by the first 16 bytes of their SHA-256: a million of them take 32 MiB, and
 * two that share those bytes are not to be expected.
 */
final class DistinctTexts {
  private static final int FIRST_SLOTS = 1 << 10;

  /** Pairs of longs, one slot a pair; two zeros stand for an empty slot. */
  private long[] table = new long[2 * FIRST_SLOTS];

  private int size;

  /** Adds a text that is made of parts; neither their order nor their boundaries are lost. */
  void add(String... parts) {
    ByteBuffer digest = ByteBuffer.wrap(HexFormat.of().parseHex(Digests.ofParts(parts)));
    long high = digest.getLong();
    long low = digest.getLong();
    // Half full at most, so that a search ends soon.
    if (4L * (size + 1) > table.length) {
      grow();
    }
    if (put(table, high, low)) {
      size++;
    }
  }

  long count() {
    return size;
  }

  private void grow() {
    long[] larger = new long[Math.multiplyExact(2, table.length)];
    for (int i = 0; i < table.length; i += 2) {
      if ((table[i] | table[i + 1]) != 0) {
        put(larger, table[i], table[i + 1]);
      }
    }
    table = larger;
  }

  /** Whether it was not there. */
  private static boolean put(long[] table, long high, long low) {
    int mask = table.length / 2 - 1;
    for (int slot = (int) low & mask; ; slot = (slot + 1) & mask) {
      int i = 2 * slot;
      if ((table[i] | table[i + 1]) == 0) {
        table[i] = high;
        table[i + 1] = low;
        return true;
      }
      if (table[i] == high && table[i + 1] == low) {
        return false;
      }
    }
  }
}
