package io.capoflow.pipelines.training;

/** Receives a run's events; a display, a log, a test. */
@FunctionalInterface
public interface TrainingObserver {
  void observe(TrainingEvent event);
}
