package io.capoflow.transforms.credit;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.transforms.credit.Population.Statistics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What the schemes share that know one reward a response: every token of it earns that reward and
 * has one advantage, relative to the rewards of the group's responses.
 */
abstract sealed class OutcomeCredit implements CreditScheme
    permits GrpoCredit, DrGrpoCredit, RlooCredit, GenOrmCredit {
  private static final long serialVersionUID = 1L;

  /** The response's reward, before the format reward; empty where it cannot be told. */
  abstract OptionalDouble reward(Evidence evidence);

  /** Why a response's reward cannot be told. */
  ExclusionReason exclusion(Evidence evidence) {
    throw new IllegalStateException(
        "the outcome of " + evidence.rollout().getRolloutId() + " is known");
  }

  /**
   * The response's advantage.
   *
   * @param group mean and deviation of the rewards that are known
   * @param size how many those are
   */
  abstract double advantage(double reward, Statistics group, int size);

  @Override
  public boolean needsVotes() {
    return false;
  }

  @Override
  public final List<CreditedRollout> assign(List<Evidence> group, CreditSettings settings) {
    Population rewards = new Population();
    int size = 0;
    for (Evidence evidence : group) {
      OptionalDouble reward = reward(evidence);
      if (CreditedRollouts.tokens(evidence) > 0 && reward.isPresent()) {
        rewards.add(reward.getAsDouble() + CreditedRollouts.formatReward(evidence, settings), 1);
        size++;
      }
    }
    Statistics statistics = rewards.statistics();
    List<CreditedRollout> credited = new ArrayList<>();
    for (Evidence evidence : group) {
      OptionalDouble known = reward(evidence);
      double reward = known.orElse(0) + CreditedRollouts.formatReward(evidence, settings);
      Optional<ExclusionReason> exclusion =
          CreditedRollouts.tokens(evidence) == 0
              ? Optional.of(ExclusionReason.EMPTY_RESPONSE)
              : known.isPresent() ? Optional.empty() : Optional.of(exclusion(evidence));
      double advantage =
          exclusion.isPresent() || statistics.zeroSpread()
              ? 0
              : advantage(reward, statistics, size);
      credited.add(
          CreditedRollouts.of(
              name(),
              evidence,
              group.size(),
              everywhere(reward, evidence),
              everywhere(advantage, evidence),
              exclusion,
              statistics));
    }
    return List.copyOf(credited);
  }

  private static double[] everywhere(double value, Evidence evidence) {
    double[] values = new double[CreditedRollouts.tokens(evidence)];
    Arrays.fill(values, value);
    return values;
  }
}
