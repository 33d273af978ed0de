package io.capoflow.pipelines.critiques.card;

import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * How often each of many whole numbers came, from which mean, median and maximum are exact. Memory
 * grows with the distinct numbers alone.
 */
final class IntegerHistogram {
  private final TreeMap<Integer, Long> counts = new TreeMap<>();
  private long count;
  private long sum;

  void add(int value) {
    counts.merge(value, 1L, Long::sum);
    count++;
    sum += value;
  }

  long count() {
    return count;
  }

  /** Empty where nothing was added. */
  OptionalDouble mean() {
    return Ratios.of(sum, count);
  }

  /** The middle one, or the mean of the two in the middle; empty where nothing was added. */
  OptionalDouble median() {
    return count == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(((double) at((count - 1) / 2) + at(count / 2)) / 2);
  }

  /** Empty where nothing was added. */
  OptionalLong max() {
    return count == 0 ? OptionalLong.empty() : OptionalLong.of(counts.lastKey());
  }

  /** The number at a place of their ascending order, from 0. */
  private int at(long place) {
    long passed = 0;
    for (Map.Entry<Integer, Long> entry : counts.entrySet()) {
      passed += entry.getValue();
      if (passed > place) {
        return entry.getKey();
      }
    }
    throw new IllegalStateException("no number at " + place + " of " + count);
  }
}
