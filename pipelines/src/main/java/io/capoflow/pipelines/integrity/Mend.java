package io.capoflow.pipelines.integrity;

import java.nio.file.Path;

/** What restores a run from a flaw. */
public enum Mend {
  /** The run holds all that it was computed from. */
  RECOMPUTE("capoflow check %s --repair computes %d of them anew"),
  /** It belongs to what the run has not completed yet. */
  GO_ON("going on with the run, capoflow train, computes %2$d of them anew"),
  /** Nothing in the run needs it. */
  SET_ASIDE("capoflow check %s --repair moves %2$d of them out of the way"),
  /** Nothing in the run says again what it held. */
  RESTORE("%2$d of them nothing in %1$s can restore: take them from a copy of the run"),
  /** There is nothing to mend. */
  NONE("nothing to mend");

  private final String advice;

  Mend(String advice) {
    this.advice = advice;
  }

  /**
   * One line of advice.
   *
   * @param run as the user named it
   * @param flaws that it mends
   */
  public String advice(Path run, long flaws) {
    return advice.formatted(run, flaws);
  }
}
