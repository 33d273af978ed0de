package io.capoflow.pipelines.critiques.card;

import static java.util.Objects.requireNonNull;

import io.capoflow.transforms.describe.RolloutDescription;
import java.util.Comparator;

/**
 * Whose critiques were counted, and how.
 *
 * @param critic a critic, or {@link RolloutDescription#ALL_CRITICS}
 * @param rule name of a voting rule
 */
record VoteKey(String critic, String rule) implements Comparable<VoteKey> {
  private static final Comparator<VoteKey> ORDER =
      Comparator.comparing(VoteKey::critic).thenComparing(VoteKey::rule);

  VoteKey {
    requireNonNull(critic, "critic");
    requireNonNull(rule, "rule");
  }

  @Override
  public int compareTo(VoteKey other) {
    return ORDER.compare(this, other);
  }
}
