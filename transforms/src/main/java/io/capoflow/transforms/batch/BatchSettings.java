package io.capoflow.transforms.batch;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;

/**
 * How an iteration's rollouts become optimizer steps.
 *
 * @param epochs passes over the iteration's rollouts, each with a permutation of its own
 * @param miniBatchRollouts rollouts of one optimizer step: groups are taken whole until there are
 *     at least so many; the last step of an epoch takes what is left
 * @param zeroSpread what becomes of groups whose advantages are all 0
 */
public record BatchSettings(int epochs, int miniBatchRollouts, ZeroSpread zeroSpread)
    implements Serializable {
  /** What becomes of groups whose rewards are all equal. */
  public enum ZeroSpread {
    /** Trained on: with β > 0 they still pull towards the reference policy. */
    KEEP,
    /**
     * Counted in the loss's divisor and not computed: with β = 0 their term is 0, so this saves
     * time and changes no gradient; but for a mean over all tokens, which counts theirs.
     */
    SKIP,
    /** Neither counted nor computed, as in DAPO: the divisor is of the groups that teach. */
    DROP
  }

  public BatchSettings {
    requireNonNull(zeroSpread, "zeroSpread");
    if (epochs < 1 || miniBatchRollouts < 1) {
      throw new IllegalArgumentException(
          "epochs and rollouts of a batch must be positive: %d, %d"
              .formatted(epochs, miniBatchRollouts));
    }
  }
}
