package io.capoflow.transforms.metrics;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the stages of this process have counted since it started, over all jobs: what an engine can
 * show while a job runs, and after it. Thread-safe.
 */
public final class WorkerCounts {
  private static final ConcurrentMap<Key, LongAdder> COUNTS = new ConcurrentHashMap<>();
  private static final Map<StageFigure, Long> CLAIMED = new EnumMap<>(StageFigure.class);

  private WorkerCounts() {}

  /**
   * A count.
   *
   * @param owner verb of a stage, or {@code models}
   */
  public record Key(String owner, StageFigure figure) {}

  /** Every count that there can be, in the order of the figures. */
  public static Iterable<Key> keys() {
    Map<Key, Boolean> keys = new LinkedHashMap<>();
    for (StageFigure figure : StageFigure.values()) {
      figure.owners().forEach(owner -> keys.put(new Key(owner, figure), true));
    }
    return keys.keySet();
  }

  /** The count so far; of a distribution the sum of its values. */
  public static long of(Key key) {
    LongAdder count = COUNTS.get(key);
    return count == null ? 0 : count.sum();
  }

  static void add(String owner, StageFigure figure, long more) {
    COUNTS.computeIfAbsent(new Key(owner, figure), key -> new LongAdder()).add(more);
  }

  /**
   * Takes what nobody has taken yet of a count that only grows.
   *
   * @param now the count now
   * @return what it grew by since the last call; 0 where another thread has seen more already
   */
  static long claim(StageFigure figure, long now) {
    synchronized (CLAIMED) {
      long before = CLAIMED.getOrDefault(figure, 0L);
      if (now <= before) {
        return 0;
      }
      CLAIMED.put(figure, now);
      return now - before;
    }
  }
}
