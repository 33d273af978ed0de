package io.capoflow.models.learning;

import static java.util.Objects.requireNonNull;

/**
 * A rollout as the learner sees it.
 *
 * @param promptTokenIds read but not learned; at least one
 * @param responseTokenIds as sampled, the end-of-sequence token included; none contributes nothing
 * @param advantages one per response token; 0 leaves a token out of the policy loss
 */
public record TrainingSequence(int[] promptTokenIds, int[] responseTokenIds, float[] advantages) {
  public TrainingSequence {
    requireNonNull(promptTokenIds, "promptTokenIds");
    requireNonNull(responseTokenIds, "responseTokenIds");
    requireNonNull(advantages, "advantages");
    if (promptTokenIds.length == 0) {
      throw new IllegalArgumentException("a prompt has at least one token");
    }
    if (advantages.length != responseTokenIds.length) {
      throw new IllegalArgumentException(
          advantages.length + " advantages for " + responseTokenIds.length + " response tokens");
    }
  }

  /** Tokens of prompt and response together. */
  public int tokens() {
    return promptTokenIds.length + responseTokenIds.length;
  }
}
