package io.capoflow.runners.engine;

import io.capoflow.pipelines.execution.JobName;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/**
 * Pipelines that run on Beam's direct runner: slower than Flink, and without its dependencies.
 * Thread-safe.
 *
 * @param parallelism threads that process bundles
 */
public record DirectPipelines(int parallelism) implements EnginePipelines {
  public DirectPipelines {
    if (parallelism < 1) {
      throw new IllegalArgumentException("parallelism must be at least 1: " + parallelism);
    }
  }

  @Override
  public Pipeline create(JobName name) {
    DirectOptions options = PipelineOptionsFactory.as(DirectOptions.class);
    options.setJobName(name.text());
    options.setRunner(DirectRunner.class);
    options.setTargetParallelism(parallelism);
    // Who waits for the end can then stop it.
    options.setBlockOnRun(false);
    // The checks are for tests of transforms; here they would encode every element twice.
    options.setEnforceImmutability(false);
    options.setEnforceEncodability(false);
    return Pipeline.create(options);
  }

  @Override
  public void close() {}
}
