package io.capoflow.transforms.credit;

import io.capoflow.schemas.CreditedRollout;
import java.io.Serializable;
import java.util.List;

/**
 * Token rewards and advantages of one group. Found by {@link #name} through {@link
 * java.util.ServiceLoader}. Pure and thread-safe.
 */
public interface CreditScheme extends Serializable {
  /** As a recipe's {@code credit.scheme} names it. */
  String name();

  /** Whether it needs the voted steps: where not, a recipe may leave the critics out. */
  boolean needsVotes();

  /**
   * Credits a group.
   *
   * @param group all rollouts of one problem, ordered by sample index
   * @return one credited rollout each, in the same order
   */
  List<CreditedRollout> assign(List<Evidence> group, CreditSettings settings);
}
