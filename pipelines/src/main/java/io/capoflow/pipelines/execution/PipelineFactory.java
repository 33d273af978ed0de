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
}
