package io.capoflow.runners.cli;

import io.capoflow.datasets.problems.ProblemSet;
import io.capoflow.schemas.UserMistake;
import picocli.CommandLine.Option;

/** {@code --max-rejected-share}, for every command that takes problems from a file of others. */
final class RejectedShareOption {
  private static final String FLAG = "--max-rejected-share";

  @Option(
      names = FLAG,
      paramLabel = "SHARE",
      defaultValue = "0.05",
      description = "Refuse a file with more bad rows (default: ${DEFAULT-VALUE}).")
  private double share;

  /**
   * Refuses a share that is none, before any work is done.
   *
   * @throws UserMistake when it is not from 0 to 1
   */
  void requireValid() {
    if (!(share >= 0 && share <= 1)) {
      throw new UserMistake(FLAG + " " + share + ": expects a number from 0 to 1");
    }
  }

  /** From 0 to 1. */
  double share() {
    return share;
  }

  /**
   * Refuses problems of which none, or too few, can be used.
   *
   * @throws UserMistake with the first bad row
   */
  void requireUsable(ProblemSet problems) {
    problems.requireUsable(share, FLAG);
  }
}
