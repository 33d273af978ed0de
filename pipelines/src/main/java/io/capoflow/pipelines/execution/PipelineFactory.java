package io.capoflow.pipelines.execution;

import java.nio.file.Path;
import java.util.Optional;
import org.apache.beam.sdk.Pipeline;

/**
 * Makes empty pipelines that know the runner they will run on: how pipelines stay ignorant of
 * runners.
 */
@FunctionalInterface
public interface PipelineFactory {
  /** An empty pipeline, which the runner shows under that name. */
  Pipeline create(JobName name);

  /**
   * Stops what runs on the engine, before its end: what it committed stays. Pipelines that are
   * created afterwards run as ever.
   */
  default void cancel() {}

  /**
   * Ends jobs of a directory that an earlier driver left behind on the engine, and waits until none
   * of their tasks works any more. To be called by who has just become the directory's driver,
   * before it sweeps or submits anything.
   *
   * @throws io.capoflow.schemas.UserMistake when the engine cannot be reached, or the jobs do not
   *     end
   */
  default void endLeftovers(Path directory) {}

  /**
   * An empty pipeline that comes to every worker, where workers are processes of their own; empty
   * where this process is the only one.
   */
  default Optional<EveryWorker> onEveryWorker(JobName name) {
    return Optional.empty();
  }

  /**
   * A pipeline that comes to every worker with a free slot.
   *
   * @param pipeline empty
   * @param slots that its stages take at a time
   */
  record EveryWorker(Pipeline pipeline, int slots) {}
}
