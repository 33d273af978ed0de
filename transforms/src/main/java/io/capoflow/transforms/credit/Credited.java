package io.capoflow.transforms.credit;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.credit.Population.Statistics;
import java.util.Arrays;
import java.util.Optional;

/** Builds the record of a credited rollout, and holds the rules that all schemes share. */
final class Credited {
  /** Too few critiques could be read: {@link io.capoflow.transforms.vote.StepVoting}. */
  static final String NO_QUORUM = "NO_QUORUM";

  /** No critic said whether the response is right. */
  static final String NO_JUDGMENT = "NO_JUDGMENT";

  /** The response has no token, so there is nothing to train on. */
  static final String EMPTY_RESPONSE = "EMPTY_RESPONSE";

  private Credited() {}

  static int tokens(Evidence evidence) {
    return evidence.rollout().getResponseTokenIds().size();
  }

  /** r_v of the rule-based verifier. */
  static int outcome(Evidence evidence) {
    int outcome = evidence.verdict().getOutcome();
    if (outcome != 0 && outcome != 1) {
      throw new IllegalArgumentException(
          "outcome of %s is %d, neither 0 nor 1"
              .formatted(evidence.rollout().getRolloutId(), outcome));
    }
    return outcome;
  }

  /** The reward for the form of the answer, see {@link AnswerForm}. */
  static double formatReward(Evidence evidence, CreditSettings settings) {
    return settings.formatReward() > 0 && AnswerForm.isOneFinalBox(evidence.rollout().getResponse())
        ? settings.formatReward()
        : 0;
  }

  static CreditedRollout record(
      String scheme,
      Evidence evidence,
      int groupSize,
      double[] rewards,
      double[] advantages,
      Optional<String> exclusion,
      Statistics group) {
    Rollout rollout = evidence.rollout();
    return CreditedRollout.newBuilder()
        .setIteration(rollout.getIteration())
        .setProblemId(rollout.getProblem().getProblemId())
        .setSampleIndex(rollout.getSampleIndex())
        .setRolloutId(rollout.getRolloutId())
        .setPromptTokenIds(rollout.getPromptTokenIds())
        .setResponseTokenIds(rollout.getResponseTokenIds())
        .setBehaviourLogprobs(rollout.getBehaviourLogprobs())
        .setFinishReason(rollout.getFinishReason())
        .setOutcome(outcome(evidence))
        .setRewards(Arrays.stream(rewards).boxed().toList())
        .setAdvantages(Arrays.stream(advantages).boxed().toList())
        .setInLoss(exclusion.isEmpty())
        .setExclusionReason(exclusion.orElse(null))
        .setScheme(scheme)
        .setGroupSize(groupSize)
        .setGroupMean(group.mean())
        .setGroupStd(group.deviation())
        .setZeroSpread(group.zeroSpread())
        .build();
  }
}
