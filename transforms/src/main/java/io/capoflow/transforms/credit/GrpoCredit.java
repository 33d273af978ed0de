package io.capoflow.transforms.credit;

import io.capoflow.transforms.credit.Population.Statistics;
import java.util.OptionalDouble;

/**
 * GRPO (Shao et al., arXiv 2402.03300) over the rule-based outcome: Â = (r - μ) / (σ + 1e-6), μ and
 * population σ over the group's responses. Votes are not looked at.
 */
public final class GrpoCredit extends OutcomeCredit {
  private static final long serialVersionUID = 1L;

  @Override
  public String name() {
    return "grpo";
  }

  @Override
  OptionalDouble reward(Evidence evidence) {
    return OptionalDouble.of(CreditedRollouts.outcome(evidence));
  }

  @Override
  double advantage(double reward, Statistics group, int size) {
    return group.normalise(reward);
  }
}
