package io.capoflow.worlds.arithmetic;

import io.capoflow.schemas.Draws;
import java.util.Arrays;

/**
 * What a problem is for. A hash of a problem's content decides it, so that no problem is ever in
 * two splits, whatever the seeds, and no table need be kept.
 */
public enum ArithmeticSplit {
  /** Reinforcement learning. */
  TRAIN("train", 0, 3),
  /** Measuring; never learned from. */
  HELD_OUT("heldout", 3, 4),
  /** The policy's supervised warm start. */
  POLICY_WARM_START("sft-policy", 4, 6),
  /** The critic's supervised warm start. */
  CRITIC_WARM_START("sft-critic", 6, 8);

  private static final int BUCKETS = 8;

  private final String label;
  private final int firstBucket;
  private final int endBucket;

  ArithmeticSplit(String label, int firstBucket, int endBucket) {
    this.label = label;
    this.firstBucket = firstBucket;
    this.endBucket = endBucket;
  }

  /** As problem ids begin. */
  public String label() {
    return label;
  }

  /** The split of a problem. */
  public static ArithmeticSplit of(ArithmeticProblem problem) {
    int bucket = Draws.integer(Draws.key("arithmetic-split", problem.text()), 0, BUCKETS);
    return Arrays.stream(values())
        .filter(split -> bucket >= split.firstBucket && bucket < split.endBucket)
        .findFirst()
        .orElseThrow();
  }
}
