package io.capoflow.models.generation;

/**
 * One sampled continuation.
 *
 * @param tokenIds as sampled, the end-of-sequence token included when one was produced
 * @param logProbabilities of each token under softmax(logits / temperature) before truncation
 *     (temperature 1 when greedy)
 * @param finishReason why it ended
 */
public record Generated(int[] tokenIds, float[] logProbabilities, FinishReason finishReason) {
  /** Why a continuation ended. */
  public enum FinishReason {
    /** An end-of-sequence token was produced. */
    STOP,
    /** The length limit cut it. */
    LENGTH;

    /** As records spell it. */
    public String label() {
      return this == STOP ? "stop" : "length";
    }
  }
}
