package io.capoflow.pipelines.metrics;

import io.capoflow.pipelines.steps.StepDetection;
import java.util.List;
import java.util.Set;

/** How well the critics' votes find the truly wrong steps, where the truth is known. */
final class DetectionFigures {
  private DetectionFigures() {}

  /** Adds nothing where no critic was asked or no truth is known. */
  static void add(List<JoinedRollout> rollouts, Figures figures) {
    StepDetection voted = new StepDetection();
    for (JoinedRollout rollout : rollouts) {
      if (rollout.votes().isPresent() && rollout.truth().isPresent()) {
        Set<Integer> wrong = rollout.truth().get().wrongSteps();
        voted.add(rollout.votes().get(), wrong);
      }
    }
    figures.put(Figure.CRITIC_PRECISION, voted.precision());
    figures.put(Figure.CRITIC_RECALL, voted.recall());
    figures.put(Figure.CRITIC_F1, voted.f1());
  }
}
