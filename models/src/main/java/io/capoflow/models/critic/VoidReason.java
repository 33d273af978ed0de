package io.capoflow.models.critic;

/** Why a critique abstains from the vote. Records hold the name. */
public enum VoidReason {
  /** The length limit cut it: the list that it holds may not be its last word. */
  CUT,
  /** It holds no list of steps. */
  NO_STEP_LIST,
  /** It holds a list in which something else than step numbers stands. */
  UNREADABLE_STEP_LIST,
  /** Every step that it names is beyond the response. */
  ONLY_IMPOSSIBLE_INDICES,
  /** The response has no steps: there was nothing to ask. */
  NO_STEPS,
  /** The question does not fit into the critic. */
  CONTEXT_LENGTH,
  /** A filter of the critic's server kept the answer back. */
  CONTENT_FILTER,
  /** The critic gave no answer at all. */
  FAILED
}
