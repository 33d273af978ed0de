package io.capoflow.runners.engine;

import io.capoflow.pipelines.execution.PipelineFactory;
import io.capoflow.settings.recipe.ExecutionSection.Runner;
import java.io.IOException;

/** Pipelines of an engine that lives until it is closed. */
public interface EnginePipelines extends PipelineFactory, AutoCloseable {
  /**
   * The engine that a recipe names.
   *
   * @param parallelism tasks of a stage that run at the same time, at least 1
   */
  static EnginePipelines of(Runner runner, int parallelism) {
    return switch (runner) {
      case FLINK -> FlinkPipelines.embedded(parallelism);
      case DIRECT -> new DirectPipelines(parallelism);
    };
  }

  @Override
  void close() throws IOException;
}
