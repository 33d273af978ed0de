package io.capoflow.verifiers;

/** Why a verdict is as it is. The names are what data and reports hold. */
public enum Reason {
  /** The answer is equivalent to the gold answer: the only reason of a right one. */
  CORRECT,
  /** There is an answer, and it is not equivalent. */
  WRONG,
  /** No rule of the mode found an answer. */
  NO_ANSWER,
  /** The last box never closes, or is empty. */
  BAD_BOX,
  /** A thought is never closed. */
  TRUNCATED,
  /** A counter ran out; the route says which. */
  LIMIT,
  /** The gold answer cannot be read. */
  GOLD_UNPARSED,
  /** The verifier threw; the route is the exception's class. Set by whoever called it. */
  FAULT
}
