package io.capoflow.verifiers.reading;

/** Tokens do not form what was looked for. Without a stack trace: reading tries several things. */
final class Unreadable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Unreadable(String why) {
    super(why, null, false, false);
  }
}
