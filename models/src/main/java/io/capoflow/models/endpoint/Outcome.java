package io.capoflow.models.endpoint;

import io.capoflow.models.endpoint.AnswerReader.Answers;
import io.capoflow.schemas.UserMistake;
import java.time.Duration;
import java.util.Optional;

/** What an attempt came to. */
sealed interface Outcome {
  /** The answers to the call. */
  record Answered(Answers answers) implements Outcome {}

  /**
   * The server asks for fewer calls.
   *
   * @param pause before the next one, where it says so
   */
  record Busy(String what, Optional<Duration> pause) implements Outcome {}

  /** Nothing came that may not come another time. */
  record Failed(Fault fault) implements Outcome {}

  /**
   * The server does not take the request, and will not another time.
   *
   * @param parameter that it does not take; empty where that is not known
   * @param what it says of it, without text of a prompt
   */
  record Refused(String parameter, String what) implements Outcome {}

  /** No call will be answered. */
  record Hopeless(UserMistake mistake) implements Outcome {}

  /** What it comes to that no reply came. */
  static Outcome of(Throwable failure) {
    if (failure instanceof UserMistake mistake) {
      return new Hopeless(mistake);
    }
    return new Failed(
        failure instanceof Fault fault
            ? fault
            : new Fault("a failure of ours: " + failure.getClass().getName()));
  }
}
