package io.capoflow.transforms.credit;

import io.capoflow.transforms.credit.Population.Statistics;
import java.util.OptionalDouble;

/**
 * RLOO (Ahmadian et al., arXiv 2402.14740): Â is the reward less the mean of the other responses'
 * rewards, n / (n - 1) · (r - μ).
 */
public final class RlooCredit extends OutcomeCredit {
  private static final long serialVersionUID = 1L;

  @Override
  public String name() {
    return "rloo";
  }

  @Override
  OptionalDouble reward(Evidence evidence) {
    return OptionalDouble.of(CreditedRollouts.outcome(evidence));
  }

  @Override
  double advantage(double reward, Statistics group, int size) {
    return (reward - group.mean()) * size / (size - 1);
  }
}
