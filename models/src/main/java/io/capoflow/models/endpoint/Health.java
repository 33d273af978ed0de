package io.capoflow.models.endpoint;

import java.util.OptionalLong;

/**
 * Whether a server answers. An attempt that fails says so little: the call may be at fault, or the
 * server. It is the call where the server answered something since the attempt began. Else one
 * small request decides: while it is asked the server is doubted, and it is down where that is not
 * answered either. Times are in nanoseconds of one clock. Not thread-safe.
 */
final class Health {
  private static final long FIRST_PAUSE = 1_000_000_000L;
  private static final long LONGEST_PAUSE = 30_000_000_000L;

  private State state = State.UNKNOWN;
  private boolean everAnswered;
  private long answeredAt;
  private OptionalLong troubleSince = OptionalLong.empty();
  private long pause = FIRST_PAUSE;

  enum State {
    /** Nothing was sent to it so far. */
    UNKNOWN,
    UP,
    /** It is being asked whether it is up. */
    DOUBTED,
    DOWN
  }

  State state() {
    return state;
  }

  /** Since when it does not answer; empty where its last sign was an answer. */
  OptionalLong troubleSince() {
    return troubleSince;
  }

  /** Whether a failed attempt is its call's own fault. */
  boolean blamesCall(long begun) {
    return state == State.UP && everAnswered && answeredAt - begun > 0;
  }

  /** It answered something, whatever was thought of it. */
  void answered(long now) {
    state = State.UP;
    everAnswered = true;
    answeredAt = now;
    troubleSince = OptionalLong.empty();
    pause = FIRST_PAUSE;
  }

  /** It is asked whether it is up. */
  void doubted() {
    state = State.DOUBTED;
  }

  /** It was asked whether it is up and did not answer. */
  void down() {
    state = State.DOWN;
  }

  /** It gave no answer, though it may be up: it asked for fewer calls. */
  void troubled(long now) {
    if (troubleSince.isEmpty()) {
      troubleSince = OptionalLong.of(now);
    }
  }

  /** Somebody begins to wait for it now. */
  void waitedFor(long now) {
    if (troubleSince.isPresent()) {
      troubleSince = OptionalLong.of(now);
      pause = FIRST_PAUSE;
    }
  }

  /** Nanoseconds until it is worth asking again: longer from time to time until it answers. */
  long nextPause() {
    long next = pause;
    pause = Math.min(LONGEST_PAUSE, 2 * pause);
    return next;
  }
}
