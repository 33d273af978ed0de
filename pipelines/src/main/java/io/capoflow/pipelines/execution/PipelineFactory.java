package io.capoflow.pipelines.execution;

import org.apache.beam.sdk.Pipeline;

/**
 * Makes empty pipelines that know the runner they will run on: how pipelines stay ignorant of
 * runners.
 */
@FunctionalInterface
public interface PipelineFactory {
  /**
   * An empty pipeline.
   *
   * @param jobName shown by the runner
   */
  Pipeline create(String jobName);

  /**
   * Stops what runs on the engine, before its end: what it committed stays. Pipelines that are
   * created afterwards run as ever.
   */
  default void cancel() {}
}
