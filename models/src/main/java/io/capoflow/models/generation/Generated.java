package io.capoflow.models.generation;

import java.util.Arrays;

/**
 * One sampled continuation.
 *
 * @param tokenIds as sampled, the end-of-sequence token included when one was produced
 * @param logProbabilities of each token under softmax(logits / temperature) before truncation
 *     (temperature 1 when greedy)
 * @param finishReason why it ended
 */
public record Generated(int[] tokenIds, float[] logProbabilities, FinishReason finishReason) {
  /** The tokens that are text: all but an end-of-sequence token. */
  public int[] textTokenIds() {
    // By its place, since not every tokenizer declares its end token as special.
    return finishReason == FinishReason.STOP
        ? Arrays.copyOf(tokenIds, tokenIds.length - 1)
        : tokenIds.clone();
  }

  /** Why a continuation ended. */
  public enum FinishReason {
    /** An end-of-sequence token was produced: the last token. */
    STOP,
    /** A stop text was completed, by the last token. */
    STOP_TEXT,
    /** The length limit cut it. */
    LENGTH;

    /** As records spell it. */
    public String label() {
      return switch (this) {
        case STOP, STOP_TEXT -> "stop";
        case LENGTH -> "length";
      };
    }
  }
}
