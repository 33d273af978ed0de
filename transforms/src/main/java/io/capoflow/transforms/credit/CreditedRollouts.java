package io.capoflow.transforms.credit;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Extensions;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.credit.Population.Statistics;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Builds the records that a {@link CreditScheme} returns, and holds the rules that all schemes
 * share. Stateless and thread-safe.
 */
public final class CreditedRollouts {
  private CreditedRollouts() {}

  /** L_i: tokens of the response, the end-of-sequence token included. */
  public static int tokens(Evidence evidence) {
    return evidence.rollout().getResponseTokenIds().size();
  }

  /**
   * r_v of the rule-based verifier.
   *
   * @throws IllegalArgumentException when it is neither 0 nor 1
   */
  public static int outcome(Evidence evidence) {
    int outcome = evidence.verdict().getOutcome();
    if (outcome != 0 && outcome != 1) {
      throw new IllegalArgumentException(
          "outcome of %s is %d, neither 0 nor 1"
              .formatted(evidence.rollout().getRolloutId(), outcome));
    }
    return outcome;
  }

  /**
   * What every token earns for the form of the answer: exactly one closed, final {@code \boxed{…}},
   * with nothing after it but blanks, mathematics' closing marks and a full stop.
   */
  public static double formatReward(Evidence evidence, CreditSettings settings) {
    return settings.formatReward() > 0 && AnswerForm.isOneFinalBox(evidence.rollout().getResponse())
        ? settings.formatReward()
        : 0;
  }

  /**
   * The votes on the rollout.
   *
   * @throws IllegalArgumentException when no critic was asked
   */
  public static StepVotes votes(Evidence evidence) {
    return evidence
        .votes()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "this credit scheme needs the votes on " + evidence.rollout().getRolloutId()));
  }

  /**
   * Why a scheme that trusts the votes leaves the rollout out of the loss: it has no token, or too
   * few of its critiques could be read; empty where it stays in.
   */
  public static Optional<ExclusionReason> exclusion(Evidence evidence) {
    if (tokens(evidence) == 0) {
      return Optional.of(ExclusionReason.EMPTY_RESPONSE);
    }
    return votes(evidence).getQuorum() ? Optional.empty() : Optional.of(ExclusionReason.NO_QUORUM);
  }

  /**
   * Checks what a scheme made of a group: one record a rollout, in order, of finite numbers.
   *
   * @throws UserMistake when it made something else, naming the scheme's class
   */
  static void requireSound(
      CreditScheme scheme, List<Evidence> group, List<CreditedRollout> credited) {
    List<String> wanted = group.stream().map(one -> one.rollout().getRolloutId()).toList();
    List<String> got = credited.stream().map(CreditedRollout::getRolloutId).toList();
    if (!got.equals(wanted)) {
      throw new UserMistake(
          "credit scheme '%s' (%s) credited %s, where one record of each of %s was asked for; mend it"
              .formatted(scheme.name(), Extensions.place(scheme), got, wanted));
    }
    for (CreditedRollout rollout : credited) {
      Stream.of(rollout.getRewards(), rollout.getAdvantages())
          .flatMap(List::stream)
          .filter(value -> !Double.isFinite(value))
          .findFirst()
          .ifPresent(
              value -> {
                throw new UserMistake(
                    "credit scheme '%s' (%s) gave %s as a reward or an advantage of %s; mend it"
                        .formatted(
                            scheme.name(),
                            Extensions.place(scheme),
                            value,
                            rollout.getRolloutId()));
              });
    }
  }

  /**
   * The record of a credited rollout.
   *
   * @param scheme the scheme's name
   * @param groupSize n, rollouts of the group, those left out of the loss included
   * @param rewards R, one a token
   * @param advantages Â, one a token; all 0 where the rollout is left out
   * @param exclusion why it is left out of the loss; empty where it is in
   * @param group μ and σ of the group
   * @throws IllegalArgumentException when rewards or advantages are not one a token
   */
  public static CreditedRollout of(
      String scheme,
      Evidence evidence,
      int groupSize,
      double[] rewards,
      double[] advantages,
      Optional<ExclusionReason> exclusion,
      Statistics group) {
    Rollout rollout = evidence.rollout();
    if (rewards.length != tokens(evidence) || advantages.length != tokens(evidence)) {
      throw new IllegalArgumentException(
          "%d rewards and %d advantages for the %d tokens of %s"
              .formatted(
                  rewards.length, advantages.length, tokens(evidence), rollout.getRolloutId()));
    }
    return CreditedRollout.newBuilder()
        .setIteration(rollout.getIteration())
        .setProblemId(rollout.getProblem().getProblemId())
        .setSampleIndex(rollout.getSampleIndex())
        .setRolloutId(rollout.getRolloutId())
        .setPromptTokens(rollout.getPromptTokenIds().size())
        .setResponseTokens(tokens(evidence))
        .setFinishReason(rollout.getFinishReason())
        .setOutcome(outcome(evidence))
        .setRewards(Arrays.stream(rewards).boxed().toList())
        .setAdvantages(Arrays.stream(advantages).boxed().toList())
        .setInLoss(exclusion.isEmpty())
        .setExclusionReason(exclusion.map(ExclusionReason::name).orElse(null))
        .setScheme(scheme)
        .setGroupSize(groupSize)
        .setGroupMean(group.mean())
        .setGroupStd(group.deviation())
        .setZeroSpread(group.zeroSpread())
        .build();
  }
}
