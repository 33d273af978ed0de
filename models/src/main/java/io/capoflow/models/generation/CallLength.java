package io.capoflow.models.generation;

import java.util.concurrent.TimeUnit;

/**
 * How much of a long piece of work one native call does. A thread cannot hear that it is
 * interrupted while such a call runs, so calls are cut short. Where they are cut never changes a
 * result. For one thread.
 */
interface CallLength {
  /** Units of work for the next call; at least 1. */
  long units();

  /**
   * Learns from a call.
   *
   * @param done units that it did; 0 where it did fewer than it was given, and how many is unknown
   * @param nanos that it took
   */
  void took(long done, long nanos);

  /** As many units as take about half a second, found from one on. */
  static CallLength byTheClock() {
    return new ByTheClock();
  }

  /** Always so many. */
  static CallLength of(long units) {
    return new CallLength() {
      @Override
      public long units() {
        return units;
      }

      @Override
      public void took(long done, long nanos) {
        // It knows.
      }
    };
  }

  /** Starts with one unit, since of a large model that alone may take seconds. */
  final class ByTheClock implements CallLength {
    private static final long GOAL = TimeUnit.MILLISECONDS.toNanos(500);

    /** Times as many units as before, at most: what one took says little of many. */
    private static final long GROWTH = 16;

    private long units = 1;

    @Override
    public long units() {
      return units;
    }

    @Override
    public void took(long done, long nanos) {
      if (nanos > GOAL) {
        units = Math.max(1, (long) (done * ((double) GOAL / nanos)));
      } else if (done >= units) {
        // Aims at half the goal, since steps get longer as rows do.
        units = done * Math.max(1, Math.min(GROWTH, GOAL / 2 / Math.max(1, nanos)));
      }
    }
  }
}
