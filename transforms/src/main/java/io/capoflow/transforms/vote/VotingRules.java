package io.capoflow.transforms.vote;

import io.capoflow.schemas.Extensions;

/** The voting rules that a recipe can name. */
public final class VotingRules {
  private VotingRules() {}

  /**
   * The rule of that name.
   *
   * @throws io.capoflow.schemas.UserMistake when there is none
   */
  public static VotingRule named(String name) {
    return Extensions.named(VotingRule.class, VotingRule::name, "voting rule", name);
  }
}
