package io.capoflow.pipelines.training;

import java.nio.file.Path;
import java.util.Map;

/** What a training run tells while it works. Events come from one thread, in order. */
public sealed interface TrainingEvent {
  /**
   * The run directory is open and its state is known.
   *
   * @param committedIterations iterations whose policy is committed: where the run goes on
   * @param problems usable training problems
   * @param rejectedProblems bad rows, kept in problems-rejected.parquet
   * @param cores what works on which cores and devices, as {@link CoreUse} says it
   */
  record Opened(
      String name,
      Path directory,
      int iterations,
      int committedIterations,
      int problems,
      int heldOutProblems,
      int rejectedProblems,
      String cores)
      implements TrainingEvent {}

  /**
   * How far an iteration's stage has come.
   *
   * @param unit shards or steps
   * @param note what else is to be said of it; may be empty
   */
  record StageProgress(int iteration, String stage, int done, int total, String unit, String note)
      implements TrainingEvent {}

  /**
   * A policy version is committed.
   *
   * @param figures by their names in metrics.parquet
   * @param secondsByStage wall-clock of each stage
   */
  record IterationFinished(
      int iteration,
      String policyVersion,
      Map<String, Double> figures,
      Map<String, Double> secondsByStage)
      implements TrainingEvent {}

  /** A policy version was measured on the held-out split. */
  record Evaluated(String policyVersion, Map<String, Double> figures) implements TrainingEvent {}

  /** Something worth a line. */
  record Notice(String message) implements TrainingEvent {}

  /** Nothing more is to come; the run is complete or was asked to stop. */
  record Closed(boolean complete, int committedIterations) implements TrainingEvent {}
}
