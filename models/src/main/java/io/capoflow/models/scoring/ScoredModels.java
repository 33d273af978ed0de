package io.capoflow.models.scoring;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.lora.LoraSettings;
import java.io.Serializable;

/**
 * The models of an iteration.
 *
 * @param policy v_k
 * @param start v_0, on which an adapter is trained
 * @param reference π_ref; where there is no KL term, the start
 * @param lora the adapter that is trained, or {@link LoraSettings#NONE}
 * @param seed keys the draws of a fresh adapter: of v_0's
 */
public record ScoredModels(
    ScoredModel policy, ScoredModel start, ScoredModel reference, LoraSettings lora, long seed)
    implements Serializable {
  public ScoredModels {
    requireNonNull(policy, "policy");
    requireNonNull(start, "start");
    requireNonNull(reference, "reference");
    requireNonNull(lora, "lora");
  }

  /** Tells the policy, as its learner loads it, from any other. */
  String policyIdentity() {
    return lora.isAdapter() && policy.digest().equals(start.digest())
        ? "%s+%s:%d".formatted(policy.digest(), lora, seed)
        : policy.digest();
  }

  /** Whether one forward pass says what both think. */
  boolean areTheSame() {
    return !lora.isAdapter() && policy.digest().equals(reference.digest());
  }
}
