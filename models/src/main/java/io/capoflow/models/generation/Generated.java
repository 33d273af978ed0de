package io.capoflow.models.generation;

import io.capoflow.schemas.FinishReason;
import java.util.Arrays;

/**
 * One sampled continuation.
 *
 * @param tokenIds as sampled, the end-of-sequence token included when one was produced
 * @param logProbabilities of each token under softmax(logits / temperature) before truncation
 *     (temperature 1 when greedy)
 * @param ending how it ended
 */
public record Generated(int[] tokenIds, float[] logProbabilities, Ending ending) {
  /** The tokens that are text: all but an end-of-sequence token. */
  public int[] textTokenIds() {
    // By its place, since not every tokenizer declares its end token as special.
    return ending == Ending.END_TOKEN
        ? Arrays.copyOf(tokenIds, tokenIds.length - 1)
        : tokenIds.clone();
  }

  /** Why it ended, as records tell it. */
  public FinishReason finishReason() {
    return switch (ending) {
      case END_TOKEN, STOP_TEXT -> FinishReason.STOP;
      case LENGTH -> FinishReason.LENGTH;
    };
  }

  /** How a continuation ended. */
  public enum Ending {
    /** An end-of-sequence token was produced: the last token. */
    END_TOKEN,
    /** A stop text was completed, by the last token. */
    STOP_TEXT,
    /** The length limit cut it. */
    LENGTH
  }
}
