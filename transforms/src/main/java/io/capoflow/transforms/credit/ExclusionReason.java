package io.capoflow.transforms.credit;

/** Why a rollout is left out of the loss. Records hold the name. */
public enum ExclusionReason {
  /** Too few critiques could be read: {@link io.capoflow.transforms.vote.StepVoting}. */
  NO_QUORUM,
  /** No critic said whether the response is right. */
  NO_JUDGMENT,
  /** The response has no token, so there is nothing to train on. */
  EMPTY_RESPONSE
}
