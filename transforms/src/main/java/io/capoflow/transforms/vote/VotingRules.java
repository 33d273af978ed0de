package io.capoflow.transforms.vote;

import io.capoflow.schemas.Extensions;
import java.util.List;

/** The voting rules that a recipe can name. */
public final class VotingRules {
  /** Names of the built-in rules that take any number of critiques: all but {@code greedy}. */
  public static final List<String> OF_SAMPLED =
      List.of("intersection", "majority", "strict_majority", "union", "average");

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
