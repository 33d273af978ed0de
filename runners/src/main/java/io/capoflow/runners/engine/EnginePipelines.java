package io.capoflow.runners.engine;

import io.capoflow.pipelines.execution.PipelineFactory;
import io.capoflow.settings.recipe.ExecutionSection;
import io.capoflow.settings.recipe.ExecutionSection.Runner;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.flink.configuration.Configuration;

/** Pipelines of an engine that lives until it is closed. */
public interface EnginePipelines extends PipelineFactory, AutoCloseable {
  /**
   * The engine that a recipe names. Where Flink has started this program and the recipe names no
   * other cluster, it is that Flink's.
   *
   * @param notices are told what happens between this process and an engine outside of it
   * @throws io.capoflow.schemas.UserMistake when it cannot be reached
   */
  static EnginePipelines of(ExecutionSection execution, Consumer<String> notices) {
    return cluster(execution)
        .<EnginePipelines>map(
            cluster ->
                FlinkPipelines.session(
                    cluster,
                    execution.parallelism(),
                    Duration.ofSeconds(execution.flinkPatience()),
                    notices))
        .orElseGet(() -> of(execution.runner(), execution.parallelism()));
  }

  private static Optional<Configuration> cluster(ExecutionSection execution) {
    return execution
        .flinkMaster()
        .map(master -> FlinkMaster.parse(master).configuration())
        .or(() -> execution.runner() == Runner.FLINK ? FlinkRun.configuration() : Optional.empty());
  }

  /**
   * An engine inside this process.
   *
   * @param parallelism tasks of a stage that run at the same time, at least 1
   */
  static EnginePipelines of(Runner runner, int parallelism) {
    return switch (runner) {
      case FLINK -> FlinkPipelines.embedded(parallelism);
      case DIRECT -> new DirectPipelines(parallelism);
    };
  }

  /**
   * Ends what is at work outside of this process, which is about to end. Waits some seconds at
   * most, and leaves there what has not ended then. Callable from any thread.
   *
   * @param notices are told where there is something to end
   */
  default void abandon(Consumer<String> notices) {}

  @Override
  void close() throws IOException;
}
