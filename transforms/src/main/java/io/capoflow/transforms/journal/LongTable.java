package io.capoflow.transforms.journal;

import java.util.function.LongConsumer;

/**
 * Numbers by numbers: any number of values for a key, in the order in which they came. Sixteen
 * bytes a slot, of which at most three quarters are taken. Keys are digests, so that they are
 * spread already. Not thread-safe.
 */
final class LongTable {
  private static final int FIRST_SLOTS = 1 << 10;

  private long[] keys = new long[FIRST_SLOTS];

  /** One more than the value, so that 0 says that nothing is there. */
  private long[] values = new long[FIRST_SLOTS];

  private int size;

  /** The key of an answer: what two answers have in common may be no more than this. */
  static long key(long digest, int index) {
    // The golden ratio's bits spread neighbouring indices (Knuth, volume 3, section 6.4).
    return digest ^ (index * 0x9E3779B97F4A7C15L);
  }

  /** Adds a value, which must not be negative. */
  void add(long key, long value) {
    if (size >= keys.length / 4 * 3) {
      grow();
    }
    put(key, value + 1);
    size++;
  }

  /** The values of a key, the oldest first. */
  void forEach(long key, LongConsumer each) {
    for (int slot = slot(key); values[slot] != 0; slot = (slot + 1) & (keys.length - 1)) {
      if (keys[slot] == key) {
        each.accept(values[slot] - 1);
      }
    }
  }

  /** The oldest value of a key; negative where there is none. */
  long first(long key) {
    for (int slot = slot(key); values[slot] != 0; slot = (slot + 1) & (keys.length - 1)) {
      if (keys[slot] == key) {
        return values[slot] - 1;
      }
    }
    return -1;
  }

  int size() {
    return size;
  }

  private int slot(long key) {
    return (int) (key >>> 32 ^ key) & (keys.length - 1);
  }

  private void put(long key, long stored) {
    int slot = slot(key);
    while (values[slot] != 0) {
      slot = (slot + 1) & (keys.length - 1);
    }
    keys[slot] = key;
    values[slot] = stored;
  }

  private void grow() {
    long[] oldKeys = keys;
    long[] oldValues = values;
    keys = new long[oldKeys.length * 2];
    values = new long[oldKeys.length * 2];
    // From a free slot on, so that the values of a key keep their order where slots wrap around.
    int start = 0;
    while (oldValues[start] != 0) {
      start++;
    }
    for (int i = 0; i < oldKeys.length; i++) {
      int slot = (start + i) & (oldKeys.length - 1);
      if (oldValues[slot] != 0) {
        put(oldKeys[slot], oldValues[slot]);
      }
    }
  }
}
