package io.capoflow.transforms.credit;

import io.capoflow.schemas.StepVotes;
import io.capoflow.transforms.credit.Population.Statistics;
import java.util.OptionalDouble;

/**
 * The critics' verdict on the whole in place of the rule: r = 1 when more of them say Yes than No,
 * a tie counts as No; the advantage is GRPO's. A rollout without a quorum, or with no judgment that
 * could be read, is out of the loss and of the group's mean. The paper blends this with the rule in
 * an appendix, with weights that it does not state.
 */
public final class GenOrmCredit extends OutcomeCredit {
  private static final long serialVersionUID = 1L;

  @Override
  public String name() {
    return "gen_orm";
  }

  @Override
  public boolean needsVotes() {
    return true;
  }

  @Override
  OptionalDouble reward(Evidence evidence) {
    StepVotes votes = CreditedRollouts.votes(evidence);
    if (votes.getSteps().isEmpty()) {
      return OptionalDouble.of(0); // nothing to judge: an empty answer must not escape the loss
    }
    boolean judged = votes.getYesJudgments() + votes.getNoJudgments() > 0;
    return votes.getQuorum() && judged
        ? OptionalDouble.of(votes.getYesJudgments() > votes.getNoJudgments() ? 1 : 0)
        : OptionalDouble.empty();
  }

  @Override
  ExclusionReason exclusion(Evidence evidence) {
    return CreditedRollouts.votes(evidence).getQuorum()
        ? ExclusionReason.NO_JUDGMENT
        : ExclusionReason.NO_QUORUM;
  }

  @Override
  double advantage(double reward, Statistics group, int size) {
    return group.normalise(reward);
  }
}
