package io.capoflow.transforms.describe;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.CritiquePrompt;
import java.io.Serializable;

/**
 * A critic whose critiques a dataset holds.
 *
 * @param identity as its critiques name it
 * @param times critiques of each rollout, k, at least 1
 * @param asked what it was shown
 */
public record AskedCritic(String identity, int times, CritiquePrompt asked)
    implements Serializable {
  public AskedCritic {
    requireNonNull(identity, "identity");
    requireNonNull(asked, "asked");
    if (times < 1) {
      throw new IllegalArgumentException("a rollout needs at least one critique: " + times);
    }
  }
}
