package io.capoflow.transforms.credit;

import io.capoflow.transforms.credit.Population.Statistics;
import java.util.OptionalDouble;

/**
 * Dr. GRPO (Liu et al., arXiv 2503.20783): Â = r - μ, without the deviation, whose division favours
 * easy and hard problems. Its loss has no 1/L_i either; that is the loss's setting.
 */
public final class DrGrpoCredit extends OutcomeCredit {
  private static final long serialVersionUID = 1L;

  @Override
  public String name() {
    return "dr_grpo";
  }

  @Override
  OptionalDouble reward(Evidence evidence) {
    return OptionalDouble.of(CreditedRollouts.outcome(evidence));
  }

  @Override
  double advantage(double reward, Statistics group, int size) {
    return reward - group.mean();
  }
}
