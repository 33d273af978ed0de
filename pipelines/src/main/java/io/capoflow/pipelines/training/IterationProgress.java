package io.capoflow.pipelines.training;

import io.capoflow.pipelines.critics.CriticProgress;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import java.util.List;

/**
 * How far an iteration has come, read from what its stages committed: that is the same wherever the
 * workers are. Tells of the first stage that is not complete, when it has moved.
 */
final class IterationProgress {
  private static final List<Stage<?>> SHOWN =
      List.of(Stage.ROLLOUTS, Stage.CRITIQUES, Stage.LOG_PROBABILITIES, Stage.CREDITS);

  private final RunDirectory run;
  private final int iteration;
  private final int shards;
  private final List<Stage<?>> stages;
  private final CriticProgress critic;
  private final TrainingObserver observer;
  private String told = "";
  private int complete;

  IterationProgress(
      RunDirectory run,
      int iteration,
      int shards,
      List<Stage<?>> kept,
      CriticProgress critic,
      TrainingObserver observer) {
    this.run = run;
    this.iteration = iteration;
    this.shards = shards;
    this.stages = SHOWN.stream().filter(kept::contains).toList();
    this.critic = critic;
    this.observer = observer;
  }

  void look() {
    while (complete < stages.size()) {
      Stage<?> stage = stages.get(complete);
      int committed = run.shards(iteration, stage).committed();
      if (committed < shards) {
        String note = stage.equals(Stage.CRITIQUES) ? critic.look() : "";
        tell(stage.verb(), committed, shards, "shards", note);
        return;
      }
      complete++;
    }
    tell("train", run.policies().find(iteration + 1).isPresent() ? 1 : 0, 1, "update", "");
  }

  private void tell(String stage, int done, int total, String unit, String note) {
    String now = stage + done + note;
    if (!now.equals(told)) {
      told = now;
      observer.observe(new TrainingEvent.StageProgress(iteration, stage, done, total, unit, note));
    }
  }
}
