package io.capoflow.runners.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.jobgraph.JobGraph;

/** A Flink that jobs are handed to. Thread-safe. */
interface FlinkJobs extends AutoCloseable {
  /**
   * Begins a job.
   *
   * @throws Exception when it does not begin
   */
  JobClient submit(JobGraph job, ClassLoader userClasses) throws Exception;

  /**
   * Ends what was submitted from here and still runs, and waits for its end; what is submitted
   * later runs as ever.
   */
  void cancel() throws IOException;

  /** See {@link EnginePipelines#abandon}. */
  void abandon(Consumer<String> notices);

  /** See {@link io.capoflow.pipelines.execution.PipelineFactory#endLeftovers}. */
  void endLeftovers(Path directory);

  /** Slots that nobody works in now; empty where all are this process's. */
  default OptionalInt freeSlots() {
    return OptionalInt.empty();
  }

  /** Ends what was submitted from here, and lets go of the Flink. */
  @Override
  void close() throws IOException;
}
