package io.capoflow.models.critic;

import java.util.concurrent.atomic.LongAdder;

/** What the critics of this process have asked servers for since it started. Thread-safe. */
public final class AnswerCounts {
  private static final LongAdder FOUND = new LongAdder();
  private static final LongAdder CALLS = new LongAdder();

  private AnswerCounts() {}

  /** Answers that a journal had, so that nobody was asked for them. */
  public static long found() {
    return FOUND.sum();
  }

  /** Calls that clients were asked for: each counts once, however often it is sent. */
  public static long calls() {
    return CALLS.sum();
  }

  static void countFound() {
    FOUND.increment();
  }

  static void countCall() {
    CALLS.increment();
  }
}
