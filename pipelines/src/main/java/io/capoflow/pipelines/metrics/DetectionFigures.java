package io.capoflow.pipelines.metrics;

import io.capoflow.models.steps.StepSplitter;
import io.capoflow.schemas.StepVotes;
import io.capoflow.transforms.vote.StepVoting;
import io.capoflow.transforms.vote.VotingRule;
import io.capoflow.transforms.vote.VotingRules;
import io.capoflow.worlds.truth.SolutionTruth;
import io.capoflow.worlds.truth.StepDetection;
import java.util.List;
import java.util.function.BiFunction;

/**
 * How well votes find the truly wrong steps, where the truth is known: the votes of the recipe's
 * rule, and those that each other rule would have cast on the same critiques.
 */
final class DetectionFigures {
  private DetectionFigures() {}

  /** Adds nothing where no critic was asked or no truth is known. */
  static void add(List<JoinedRollout> rollouts, StepSplitter splitter, Figures figures) {
    StepDetection voted = detection(rollouts, (rollout, votes) -> votes);
    figures.put(Figure.CRITIC_PRECISION, voted.precision());
    figures.put(Figure.CRITIC_RECALL, voted.recall());
    figures.put(Figure.CRITIC_F1, voted.f1());
    for (String name : VotingRules.OF_SAMPLED) {
      VotingRule rule = VotingRules.named(name);
      StepDetection other =
          detection(
              rollouts,
              (rollout, votes) ->
                  StepVoting.vote(
                      rollout.rollout(),
                      rollout.critiques(),
                      rule,
                      splitter,
                      votes.getCritiques()));
      figures.put(Figure.CRITIC_PRECISION, name, other.precision());
      figures.put(Figure.CRITIC_RECALL, name, other.recall());
      figures.put(Figure.CRITIC_F1, name, other.f1());
    }
  }

  private static StepDetection detection(
      List<JoinedRollout> rollouts, BiFunction<JoinedRollout, StepVotes, StepVotes> cast) {
    StepDetection detection = new StepDetection();
    for (JoinedRollout rollout : rollouts) {
      if (rollout.votes().isPresent() && rollout.truth().isPresent()) {
        SolutionTruth truth = rollout.truth().get();
        detection.add(cast.apply(rollout, rollout.votes().get()), truth.wrongSteps());
      }
    }
    return detection;
  }
}
