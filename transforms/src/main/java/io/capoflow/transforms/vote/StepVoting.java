package io.capoflow.transforms.vote;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.steps.Step;
import io.capoflow.models.steps.StepSplitter;
import io.capoflow.models.steps.StepTokens;
import io.capoflow.models.steps.StepTokens.TokenSpan;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Judgment;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVote;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.UserMistake;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Counts what the critics of one rollout say of each step (docs/method.md, "Voting"). Pure and
 * thread-safe; the order of the critiques does not matter.
 *
 * <ul>
 *   <li>Void critiques abstain. Fewer than ⌈k/2⌉ that do not is no quorum: no step loses anything,
 *       and credit leaves the rollout out of the loss.
 *   <li>A response without steps leaves nothing to vote on and has its quorum: an empty answer must
 *       not escape the loss.
 *   <li>A last step that the length limit cut keeps its counts and loses nothing.
 * </ul>
 */
public final class StepVoting {
  private StepVoting() {}

  /**
   * The voted steps of a rollout.
   *
   * @param critiques of this rollout, at most one of each index; those of k that are missing
   *     abstain
   * @param splitter the one that numbered the steps for the critics
   * @param k critiques asked for, at least 1
   * @throws UserMistake when the rule takes another number of critiques, or a record holds a
   *     judgment or finish reason that this version does not know
   * @throws IllegalArgumentException when critiques are of another rollout, repeated, more than k,
   *     or name a step that the splitter does not find
   */
  public static StepVotes vote(
      Rollout rollout, List<Critique> critiques, VotingRule rule, StepSplitter splitter, int k) {
    requireNonNull(rule, "rule");
    checkRule(rule, k);
    checkCritiques(rollout, critiques, k);
    StepTokens tokens = StepTokens.of(rollout, splitter);
    List<Critique> valid = critiques.stream().filter(c -> c.getVoidReason() == null).toList();
    boolean quorum = tokens.steps().isEmpty() || valid.size() >= (k + 1) / 2;
    int[] wrong = wrongVotes(rollout, valid, tokens.steps().size());
    List<StepVote> votes = new ArrayList<>();
    for (Step step : tokens.steps()) {
      int index = step.index();
      TokenSpan span = tokens.spans().get(index);
      boolean cut = tokens.lastStepCut() && index == tokens.steps().size() - 1;
      double weight = quorum && !cut ? VotingRules.weight(rule, wrong[index], valid.size()) : 0;
      votes.add(
          StepVote.newBuilder()
              .setIndex(index)
              .setCharStart(step.start())
              .setCharEnd(step.end())
              .setTokenStart(span.start())
              .setTokenEnd(span.end())
              .setWrongVotes(wrong[index])
              .setVotes(valid.size())
              .setWeight(weight)
              .build());
    }
    return StepVotes.newBuilder()
        .setIteration(rollout.getIteration())
        .setProblemId(rollout.getProblem().getProblemId())
        .setSampleIndex(rollout.getSampleIndex())
        .setRolloutId(rollout.getRolloutId())
        .setSteps(votes)
        .setRule(rule.name())
        .setCritiques(k)
        .setValidCritiques(valid.size())
        .setQuorum(quorum)
        .setYesJudgments(judgments(valid, Judgment.YES))
        .setNoJudgments(judgments(valid, Judgment.NO))
        .build();
  }

  /**
   * Checks that a rule can take so many critiques, before any is paid for.
   *
   * @throws UserMistake when it cannot
   */
  public static void checkRule(VotingRule rule, int k) {
    if (k < 1) {
      throw new UserMistake("critiques per rollout must be at least 1, not " + k);
    }
    CritiqueNeeds needs = VotingRules.needs(rule);
    if (!needs.takes(k)) {
      throw new UserMistake(
          "voting rule '%s' takes %s%s, not %d; ask for %s, or name another rule"
              .formatted(
                  rule.name(),
                  needs.critiques(),
                  needs.withoutChance() ? " at temperature 0" : "",
                  k,
                  needs.number()));
    }
  }

  private static void checkCritiques(Rollout rollout, List<Critique> critiques, int k) {
    Set<Integer> indices = new HashSet<>();
    for (Critique critique : critiques) {
      if (!critique.getRolloutId().equals(rollout.getRolloutId())) {
        throw new IllegalArgumentException(
            "critique of " + critique.getRolloutId() + " among those of " + rollout.getRolloutId());
      }
      if (!indices.add(critique.getCritiqueIndex())) {
        throw new IllegalArgumentException(
            "critique %d of %s comes twice"
                .formatted(critique.getCritiqueIndex(), rollout.getRolloutId()));
      }
    }
    if (critiques.size() > k) {
      throw new IllegalArgumentException(
          "%d critiques of %s, where %d were asked for"
              .formatted(critiques.size(), rollout.getRolloutId(), k));
    }
  }

  private static int[] wrongVotes(Rollout rollout, List<Critique> valid, int steps) {
    int[] wrong = new int[steps];
    for (Critique critique : valid) {
      for (int step : Set.copyOf(critique.getWrongSteps())) {
        if (step < 0 || step >= steps) {
          throw new IllegalArgumentException(
              "a critique of %s names step %d of %d; was it shown by another splitter?"
                  .formatted(rollout.getRolloutId(), step, steps));
        }
        wrong[step]++;
      }
    }
    return wrong;
  }

  private static int judgments(List<Critique> valid, Judgment judgment) {
    return (int)
        valid.stream().filter(c -> Judgment.of(c).filter(judgment::equals).isPresent()).count();
  }
}
