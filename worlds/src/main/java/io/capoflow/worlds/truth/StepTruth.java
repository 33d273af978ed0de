package io.capoflow.worlds.truth;

import static java.util.Objects.requireNonNull;

/**
 * What is true of one step, judged on its own: using an earlier wrong result is no error.
 *
 * @param kind what the step is
 * @param contentRight what it states is right
 * @param numberingRight it bears the number of its place; true where a step bears none
 */
public record StepTruth(Kind kind, boolean contentRight, boolean numberingRight) {
  /** What a step is. */
  public enum Kind {
    /** A step of the work. */
    WORK,
    /** The final answer. */
    ANSWER,
    /** Neither: nothing that the oracle can read. */
    UNREADABLE
  }

  public StepTruth {
    requireNonNull(kind, "kind");
  }

  /** Nothing is wrong with the step. */
  public boolean right() {
    return contentRight && numberingRight;
  }
}
