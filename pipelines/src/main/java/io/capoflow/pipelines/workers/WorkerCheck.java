package io.capoflow.pipelines.workers;

import io.capoflow.pipelines.execution.JobName;
import io.capoflow.pipelines.execution.PipelineFactory;
import io.capoflow.pipelines.execution.PipelineFactory.EveryWorker;
import io.capoflow.pipelines.execution.PipelineWatch;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.workers.ProbeWorkers;
import io.capoflow.transforms.workers.WorkerFolder;
import io.capoflow.transforms.workers.WorkerNeeds;
import io.capoflow.transforms.workers.Workers;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Asks the workers of an engine outside of this process what they are, and refuses those that would
 * compute something else than this program's recipe: other code, other bits, or in a folder that
 * others do not see. A worker that comes later is not asked.
 */
public final class WorkerCheck {
  private WorkerCheck() {}

  /**
   * The workers, all alike; empty where they are this process.
   *
   * @param directory of the work, whose only driver the caller is
   * @throws UserMistake when one of them cannot do the work as the others
   */
  public static Optional<Workers> of(PipelineFactory pipelines, Path directory, WorkerNeeds needs) {
    return pipelines
        .onEveryWorker(new JobName(directory, "asks the workers what they are"))
        .map(engine -> ask(engine, directory, needs));
  }

  /**
   * Processes that a dataflow works in, at most.
   *
   * @param workers empty where they are this process
   * @param parallelism of the dataflow
   */
  public static int processes(Optional<Workers> workers, int parallelism) {
    return Math.min(parallelism, workers.map(Workers::count).orElse(1));
  }

  private static Workers ask(EveryWorker engine, Path directory, WorkerNeeds needs) {
    try (WorkerFolder folder = WorkerFolder.open(directory, needs)) {
      engine.pipeline().apply("ProbeWorkers", ProbeWorkers.into(folder).withSlots(engine.slots()));
      try {
        PipelineWatch.run(engine.pipeline(), () -> {});
      } catch (UserMistake mistake) {
        throw mistake;
      } catch (RuntimeException e) {
        throw Workers.otherClasses(e).map(RuntimeException.class::cast).orElse(e);
      }
      Workers workers = folder.workers();
      workers.requireAlike();
      return workers;
    }
  }
}
