package io.capoflow.schemas;

import java.util.Optional;

/** Whether the right answer to a problem is known: what its column {@code answer} says. */
public final class GoldAnswer {
  /** As records hold it where none is known. */
  public static final String UNKNOWN = "";

  private GoldAnswer() {}

  /** The gold answer of a problem; empty where none is known. */
  public static Optional<String> of(Problem problem) {
    return Optional.of(problem.getAnswer()).filter(answer -> !answer.isBlank());
  }
}
