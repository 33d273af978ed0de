package io.capoflow.datasets.rollouts;

/** Why a row of a file of rollouts cannot be used. */
public enum RolloutRejection {
  /** It cannot be read: no UTF-8, no JSON object, too long, nested too deeply. */
  MALFORMED,
  /** Its columns are those of no layout. */
  UNKNOWN_LAYOUT,
  /** A column that its layout needs is absent, empty or of another type. */
  BAD_COLUMN,
  /** It should have steps, and has none. */
  NO_STEPS,
  /** A step that it gives is blank, or no text. */
  BAD_STEP,
  /** It calls a step wrong that it does not have, or rates one in a way that means nothing. */
  BAD_LABEL,
  /** Whoever labelled it gave up, or called the problem broken. */
  ABANDONED,
  /** A text of it holds half a surrogate pair, which no file can hold. */
  UNPAIRED_SURROGATE
}
