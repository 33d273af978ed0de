package io.capoflow.transforms.batch;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.CreditedRollout;
import java.io.Serializable;

/**
 * What batching needs to know of a rollout.
 *
 * @param tokens of prompt and response
 * @param inLoss false where credit left it out
 * @param zeroSpread all rewards of its group are equal, so that its advantages are 0
 */
public record RolloutReference(
    String problemId, String rolloutId, int tokens, boolean inLoss, boolean zeroSpread)
    implements Serializable {
  public RolloutReference {
    requireNonNull(problemId, "problemId");
    requireNonNull(rolloutId, "rolloutId");
    if (tokens < 0) {
      throw new IllegalArgumentException("tokens must not be negative: " + tokens);
    }
  }

  /** The reference of a credited rollout. */
  public static RolloutReference of(CreditedRollout rollout) {
    return new RolloutReference(
        rollout.getProblemId(),
        rollout.getRolloutId(),
        rollout.getPromptTokens() + rollout.getResponseTokens(),
        rollout.getInLoss(),
        rollout.getZeroSpread());
  }
}
