package io.capoflow.pipelines.execution;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a pipeline to its end while somebody looks at how far it has come. */
public final class PipelineWatch {
  private static final long LOOK_MILLIS = 500;

  /** A look lists folders, which on an object store takes a while: it has this part of the time. */
  private static final long LOOKS_PART = 20;

  private static final Logger LOG = LoggerFactory.getLogger(PipelineWatch.class);

  private PipelineWatch() {}

  /**
   * Runs the pipeline; looks every so often, and once more at its end, on the calling thread. What
   * the look throws ends the watch; see {@link PipelineFactory#cancel} for the engine.
   *
   * @throws RuntimeException what the pipeline failed with, as it was thrown on the worker where
   *     that is known
   */
  public static void run(Pipeline pipeline, Runnable look) {
    run(pipeline, () -> {}, look);
  }

  /**
   * The same, with work for the calling thread while the pipeline is planned and begins.
   *
   * @param meanwhile is run once, at once; what it throws ends the watch, as what the look throws
   */
  public static void run(Pipeline pipeline, Runnable meanwhile, Runnable look) {
    AtomicReference<PipelineResult> running = new AtomicReference<>();
    AtomicBoolean givenUp = new AtomicBoolean();
    Callable<PipelineResult.State> work =
        () -> {
          PipelineResult result = pipeline.run();
          running.set(result);
          if (givenUp.get()) {
            cancel(result);
          }
          return result.waitUntilFinish();
        };
    ExecutorService worker =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, "pipeline");
              thread.setDaemon(true);
              return thread;
            });
    try {
      Future<PipelineResult.State> end = worker.submit(work);
      meanwhile.run();
      long wait = LOOK_MILLIS;
      while (true) {
        try {
          PipelineResult.State state = end.get(wait, TimeUnit.MILLISECONDS);
          if (state != PipelineResult.State.DONE) {
            throw new IllegalStateException("the pipeline ended as " + state);
          }
          log(pipeline, running.get());
          look.run();
          return;
        } catch (TimeoutException e) {
          long begin = System.nanoTime();
          look.run();
          long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
          wait = Math.max(LOOK_MILLIS, LOOKS_PART * took);
        }
      }
    } catch (ExecutionException e) {
      throw cause(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a pipeline was running", e);
    } finally {
      givenUp.set(true);
      worker.shutdownNow();
      cancel(running.get());
    }
  }

  /** For whoever asks later what a job did. */
  private static void log(Pipeline pipeline, PipelineResult ended) {
    LOG.info("{}: {}", pipeline.getOptions().getJobName(), JobFigures.of(ended.metrics()));
  }

  /** Where somebody who looks threw: engines that gave a result stop by it. */
  private static void cancel(PipelineResult running) {
    if (running != null && !running.getState().isTerminal()) {
      try {
        running.cancel();
      } catch (IOException e) {
        throw new UncheckedIOException("the pipeline does not stop", e);
      }
    }
  }

  /** Runners wrap what a stage threw, several times over; a user's mistake is told as it is. */
  private static RuntimeException cause(ExecutionException failure) {
    return UserMistake.in(failure)
        .map(RuntimeException.class::cast)
        .orElseGet(
            () ->
                failure.getCause() instanceof RuntimeException runtime
                    ? runtime
                    : new IllegalStateException("the pipeline failed", failure.getCause()));
  }
}
