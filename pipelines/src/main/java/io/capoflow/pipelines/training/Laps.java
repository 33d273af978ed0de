package io.capoflow.pipelines.training;

/**
 * Divides a session's clock among its dataflows without a gap: a lap ends where a dataflow ends,
 * and the next one begins there. So what the driver does between two dataflows counts to the later
 * one. For one thread.
 */
final class Laps {
  private long begin = System.nanoTime();

  /** Seconds since the last lap ended, or since this was made. */
  double end() {
    long now = System.nanoTime();
    double seconds = (now - begin) / 1e9;
    begin = now;
    return seconds;
  }
}
