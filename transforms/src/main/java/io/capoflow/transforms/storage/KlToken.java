package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

/**
 * A response token as one optimizer step found it, before the step changed the policy, and how far
 * the policy was from the reference there.
 *
 * @param rolloutId the rollout that holds it
 * @param position of the token in the response, from 0
 * @param tokenId as sampled
 * @param text what the token alone decodes to
 * @param step optimizer step of the update, from 0: an index of {@link TrainerState#steps}
 * @param k3 exp(d) - d - 1, with d = log π_ref - log π_θ clamped to ±20, in nats
 * @param logPolicy log π_θ of the token
 * @param logReference log π_ref of the token
 */
public record KlToken(
    String rolloutId,
    int position,
    int tokenId,
    String text,
    int step,
    double k3,
    double logPolicy,
    double logReference) {
  public KlToken {
    requireNonNull(rolloutId, "rolloutId");
    requireNonNull(text, "text");
  }
}
