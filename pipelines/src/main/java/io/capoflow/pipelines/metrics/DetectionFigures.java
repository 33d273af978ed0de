package io.capoflow.pipelines.metrics;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.steps.StepSplitter;
import io.capoflow.schemas.StepVotes;
import io.capoflow.transforms.vote.StepVoting;
import io.capoflow.transforms.vote.VotingRule;
import io.capoflow.transforms.vote.VotingRules;
import io.capoflow.worlds.truth.StepDetection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * How well votes find the truly wrong steps, where the truth is known: the votes of the recipe's
 * rule, and those that each other rule would have cast on the same critiques. For one thread.
 */
final class DetectionFigures {
  private final StepSplitter splitter;
  private final StepDetection voted = new StepDetection();
  private final Map<String, StepDetection> others = new LinkedHashMap<>();

  DetectionFigures(StepSplitter splitter) {
    this.splitter = requireNonNull(splitter, "splitter");
    VotingRules.OF_SAMPLED.forEach(rule -> others.put(rule, new StepDetection()));
  }

  /** Takes nothing from a rollout that no critic was asked about, or whose truth is not known. */
  void take(JoinedRollout rollout) {
    if (rollout.votes().isEmpty() || rollout.truth().isEmpty()) {
      return;
    }
    StepVotes votes = rollout.votes().get();
    Set<Integer> wrong = rollout.truth().get().wrongSteps();
    voted.add(votes, wrong);
    others.forEach(
        (name, detection) -> {
          VotingRule rule = VotingRules.named(name);
          detection.add(
              StepVoting.vote(
                  rollout.rollout(), rollout.critiques(), rule, splitter, votes.getCritiques()),
              wrong);
        });
  }

  void put(Figures figures) {
    figures.put(Figure.CRITIC_PRECISION, voted.precision());
    figures.put(Figure.CRITIC_RECALL, voted.recall());
    figures.put(Figure.CRITIC_F1, voted.f1());
    others.forEach(
        (name, other) -> {
          figures.put(Figure.CRITIC_PRECISION, name, other.precision());
          figures.put(Figure.CRITIC_RECALL, name, other.recall());
          figures.put(Figure.CRITIC_F1, name, other.f1());
        });
  }
}
