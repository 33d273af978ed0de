package io.capoflow.models.endpoint;

/**
 * Keeps an amount a minute: a bucket that fills evenly, holds what comes in a second, and may be
 * overdrawn by the last that takes from it, so that nothing is too large to pass. Not thread-safe.
 */
final class Pace {
  private static final double NANOS_A_MINUTE = 60e9;

  private final double perNano;
  private final double capacity;
  private double level;
  private long filledAt;

  /**
   * A full one.
   *
   * @param perMinute 0 for no limit
   */
  Pace(double perMinute, long now) {
    perNano = perMinute / NANOS_A_MINUTE;
    capacity = Math.max(1, perMinute / 60);
    level = capacity;
    filledAt = now;
  }

  /** Nanoseconds until something may be taken; 0 where it may be now. */
  long delay(long now) {
    if (perNano == 0) {
      return 0;
    }
    fill(now);
    // A whole unit, so that equal calls come at equal distances.
    return level >= 1 ? 0 : (long) Math.ceil((1 - level) / perNano);
  }

  /** Takes an amount. */
  void take(long amount, long now) {
    if (perNano > 0) {
      fill(now);
      level -= amount;
    }
  }

  /** What was taken too much, or too little where it is negative. */
  void giveBack(long amount, long now) {
    take(-amount, now);
  }

  private void fill(long now) {
    level = Math.min(capacity, level + (now - filledAt) * perNano);
    filledAt = now;
  }
}
