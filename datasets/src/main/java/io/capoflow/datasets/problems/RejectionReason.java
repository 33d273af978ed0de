package io.capoflow.datasets.problems;

/** Why a row of a problem file cannot be used. */
public enum RejectionReason {
  /** The row cannot be read at all. */
  MALFORMED,
  /** A field is absent, empty or of another type. */
  MISSING_FIELD,
  /** An earlier row has the same id. */
  DUPLICATE_ID,
  /** An earlier row asks the same question. */
  DUPLICATE_CONTENT,
  /** The verifier does not accept the gold answer as an answer to itself. */
  GOLD_UNVERIFIED
}
