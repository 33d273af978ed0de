package io.capoflow.datasets.rollouts;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/**
 * Gold answers and worked solutions of problems, found by the problem's id or else by its question.
 */
public final class KnownProblems {
  private KnownProblems() {}

  /**
   * Those of a file in any layout of {@link io.capoflow.datasets.problems.ProblemIntake}.
   *
   * @throws io.capoflow.schemas.UserMistake when it cannot be read, or holds no usable problem
   */
  public static KnownProblems read(Path file) {
    requireNonNull(file, "file");
    return new KnownProblems();
  }
}
