package io.capoflow.models.endpoint;

/**
 * How many calls a server may have in flight: halved when it asks for fewer, and one step larger
 * for every window of answers, up to a ceiling. Not thread-safe.
 */
final class Window {
  /** Answers of this many whole windows bring the smallest window to the ceiling. */
  private static final int STEPS = 16;

  private final int ceiling;
  private double size;
  private boolean narrowed;
  private long narrowedAt;

  /** The whole ceiling. */
  Window(int ceiling) {
    this.ceiling = ceiling;
    size = ceiling;
  }

  int size() {
    return (int) size;
  }

  /** A call was answered. */
  void answered() {
    size = Math.min(ceiling, size + Math.max(1, ceiling / STEPS) / size);
  }

  /**
   * The server asked for fewer calls. Those that were sent before it did so the last time say
   * nothing new.
   *
   * @param begun when the call was sent that it refused
   * @param inFlight calls that it had then
   */
  void refused(long begun, long now, int inFlight) {
    if (!narrowed || begun - narrowedAt >= 0) {
      size = Math.max(1, Math.min(size, inFlight) / 2);
      narrowed = true;
      narrowedAt = now;
    }
  }
}
