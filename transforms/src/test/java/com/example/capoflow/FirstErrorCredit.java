package com.example.capoflow;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.StepVote;
import io.capoflow.transforms.credit.CreditScheme;
import io.capoflow.transforms.credit.CreditSettings;
import io.capoflow.transforms.credit.CreditedRollouts;
import io.capoflow.transforms.credit.Evidence;
import io.capoflow.transforms.credit.ExclusionReason;
import io.capoflow.transforms.credit.Population;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Every token from the first wrong step on loses W_process; the group normalises as in CAPO. */
public final class FirstErrorCredit implements CreditScheme {
  private static final long serialVersionUID = 1L;

  @Override
  public String name() {
    return "first_error";
  }

  @Override
  public boolean needsVotes() {
    return true;
  }

  @Override
  public List<CreditedRollout> assign(List<Evidence> group, CreditSettings settings) {
    Population population = new Population();
    for (Evidence evidence : group) {
      if (CreditedRollouts.exclusion(evidence).isEmpty()) {
        Arrays.stream(rewards(evidence, settings)).forEach(reward -> population.add(reward, 1));
      }
    }
    Population.Statistics statistics = population.statistics();
    List<CreditedRollout> credited = new ArrayList<>();
    for (Evidence evidence : group) {
      double[] rewards = rewards(evidence, settings);
      Optional<ExclusionReason> exclusion = CreditedRollouts.exclusion(evidence);
      double[] advantages =
          exclusion.isPresent()
              ? new double[rewards.length]
              : Arrays.stream(rewards).map(statistics::normalise).toArray();
      credited.add(
          CreditedRollouts.of(
              name(), evidence, group.size(), rewards, advantages, exclusion, statistics));
    }
    return credited;
  }

  private static double[] rewards(Evidence evidence, CreditSettings settings) {
    double[] rewards = new double[CreditedRollouts.tokens(evidence)];
    Arrays.fill(rewards, CreditedRollouts.outcome(evidence) * settings.wholeWeight());
    CreditedRollouts.votes(evidence).getSteps().stream()
        .filter(step -> step.getWeight() > 0)
        .mapToInt(StepVote::getTokenStart)
        .min()
        .ifPresent(
            first -> {
              for (int token = first; token < rewards.length; token++) {
                rewards[token] -= settings.processWeight();
              }
            });
    return rewards;
  }
}
