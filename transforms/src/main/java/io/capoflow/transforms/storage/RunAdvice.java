package io.capoflow.transforms.storage;

import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;

/** What to do about a damaged or missing file: that depends on whose it is. */
public final class RunAdvice {
  private RunAdvice() {}

  /**
   * A line about a file that is not as it was written.
   *
   * @param damage what is wrong with it
   */
  public static UserMistake damaged(Path file, String damage, Throwable cause) {
    return new UserMistake("%s is damaged (%s): %s".formatted(file, damage, mend(file)), cause);
  }

  /** A line about a file that is not as it was written. */
  public static UserMistake damaged(Path file, String damage) {
    return new UserMistake("%s is damaged (%s): %s".formatted(file, damage, mend(file)));
  }

  /** What mends a file: its run can, where it has one. */
  public static String mend(Path file) {
    return RunDirectory.holding(file)
        .map(
            run ->
                file.equals(run.run()) || file.equals(run.recipe())
                    ? "take it from a copy of the run, nothing else says what it held"
                    : "mend it with " + repair(run))
        .orElse("restore it from a copy, or delete it");
  }

  /** Which versions and processor wrote a file: a run has a record of them. */
  static String writers(Path file) {
    return RunDirectory.holding(file).isPresent() ? "run.json names" : "wrote it";
  }

  /** How to give up what a file belongs to: a run, or a table that is extended. */
  static String anew(Path file) {
    String anew = "begin anew in another directory";
    return RunDirectory.holding(file).isPresent() ? anew + ", with --run" : anew;
  }

  /** What brings back what an iteration of a run lacks. */
  public static String complete(RunDirectory run) {
    return run.isUnderWay() ? "run the training on" : "bring it back with " + repair(run);
  }

  /** The command that mends what can be mended of a run. */
  public static String repair(RunDirectory run) {
    return "capoflow check %s --repair".formatted(run.root());
  }
}
