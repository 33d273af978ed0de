package io.capoflow.runners.engine;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.client.JobCancellationException;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobmanager.scheduler.NoResourceAvailableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A job on a cluster, watched from here until it ends. */
final class SessionJob implements JobClient {
  private static final Logger LOG = LoggerFactory.getLogger(SessionJob.class);

  /** A cluster that loses a job this often does not keep one. */
  private static final int MOST_SUBMISSIONS = 20;

  private static final long REQUEST_SECONDS = 5;
  private static final long SHORTEST_PAUSE_MILLIS = 20;
  private static final long LONGEST_PAUSE_MILLIS = 320;

  /** Of the time since the job began: by no more than this is its end heard of late. */
  private static final int SHARE_OF_PAUSE = 64;

  private final FlinkSession session;
  private final JobGraph graph;
  private final ClassLoader userClasses;
  private final CompletableFuture<JobExecutionResult> result = new CompletableFuture<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile boolean cancelled;
  private volatile boolean abandoned;

  SessionJob(FlinkSession session, JobGraph graph, ClassLoader userClasses) {
    this.session = requireNonNull(session, "session");
    this.graph = requireNonNull(graph, "graph");
    this.userClasses = requireNonNull(userClasses, "userClasses");
  }

  /** Watches the job from a thread of its own, until it ends. */
  void watch() {
    Thread watching =
        new Thread(
            () -> {
              try {
                JobExecutionResult ended = end();
                tell(() -> result.complete(ended));
              } catch (Throwable failure) {
                tell(() -> result.completeExceptionally(failure));
              } finally {
                session.ended(this);
                over.countDown();
              }
            },
            "flink-job");
    watching.setDaemon(true);
    watching.start();
  }

  /** Nobody is told of the end of a job that was abandoned: the process is about to end. */
  private void tell(Runnable end) {
    if (!abandoned) {
      end.run();
    }
  }

  private JobExecutionResult end() throws Exception {
    long began = System.nanoTime();
    int submissions = 1;
    SlotWatch slots =
        new SlotWatch(
            graph.getMaximumParallelism(), session::slots, System.nanoTime(), session::say);
    Optional<UserMistake> mistake = Optional.empty();
    while (true) {
      Optional<JobStatus> status = status();
      if (status.isEmpty()) {
        if (cancelled) {
          throw new CancellationException("the job was cancelled");
        }
        if (++submissions > MOST_SUBMISSIONS) {
          throw new UserMistake(
              "the Flink cluster has lost the job '%s' %d times: mend it and run the same command again; nothing that is committed is lost"
                  .formatted(graph.getName(), MOST_SUBMISSIONS));
        }
        session.say(
            "the Flink cluster knows nothing of '%s' any more: handing it over once more"
                .formatted(graph.getName()));
        session.hand(graph);
      } else if (status.get().isGloballyTerminalState()) {
        return read(mistake);
      } else if (mistake.isEmpty() && isFailing(status.get())) {
        mistake = mistakeOfAWorker();
        mistake.ifPresent(met -> stop());
      } else {
        slots.look(System.nanoTime());
      }
      session.patience().pause(pauseAfter(System.nanoTime() - began));
    }
  }

  /** A short job is looked at often, a long one seldom. */
  static long pauseAfter(long nanos) {
    return Math.max(
        SHORTEST_PAUSE_MILLIS,
        Math.min(LONGEST_PAUSE_MILLIS, TimeUnit.NANOSECONDS.toMillis(nanos) / SHARE_OF_PAUSE));
  }

  /** Empty where the cluster knows no such job. */
  private Optional<JobStatus> status() {
    try {
      return Optional.of(session.status(getJobID()));
    } catch (IllegalStateException e) {
      if (Requests.isUnknown(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static boolean isFailing(JobStatus status) {
    return status == JobStatus.RESTARTING || status == JobStatus.FAILING;
  }

  /**
   * Flink does not begin a job again that a mistake has ended, where the mistake's class has come
   * through; where only its text has, we see to it.
   */
  private Optional<UserMistake> mistakeOfAWorker() {
    try {
      String failures =
          session.patience().answered(() -> Requests.failures(session.client(), getJobID()));
      return UserMistake.in(new IllegalStateException(failures));
    } catch (IllegalStateException e) {
      LOG.warn("why job {} fails cannot be told", getJobID(), e);
      return Optional.empty();
    }
  }

  private JobExecutionResult read(Optional<UserMistake> mistake) throws Exception {
    if (mistake.isPresent()) {
      throw mistake.get();
    }
    try {
      return session
          .patience()
          .answered(() -> session.client().requestJobResult(getJobID()))
          .toJobExecutionResult(userClasses);
    } catch (JobCancellationException e) {
      if (cancelled) {
        throw e;
      }
      throw new UserMistake(
          "somebody has cancelled the job '%s' on the Flink cluster: nothing that is committed is lost; run the same command again to go on"
              .formatted(graph.getName()),
          e);
    } catch (Exception e) {
      if (UserMistake.in(e).isEmpty()
          && Requests.comesFrom(e, NoResourceAvailableException.class)) {
        throw new UserMistake(
            "the Flink cluster had no %d free slots for '%s': lower --parallelism, or add TaskManagers"
                .formatted(graph.getMaximumParallelism(), graph.getName()),
            e);
      }
      throw e;
    }
  }

  /** Asks the cluster to end the job; where it does not take the request, a line is logged. */
  void stop() {
    try {
      cancel().orTimeout(REQUEST_SECONDS, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      LOG.warn("job {} cannot be cancelled", getJobID(), e);
    }
  }

  /** The same, without anybody here hearing of the end. */
  void abandon() {
    abandoned = true;
    stop();
  }

  /** Waits for the end, whatever it is, but not for ever. */
  void awaitEnd(Duration limit) {
    try {
      if (!over.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("job {} has not ended {} s after its cancelling", getJobID(), limit.toSeconds());
      }
    } catch (InterruptedException e) {
      throw FlinkSession.interrupted(e);
    }
  }

  @Override
  public JobID getJobID() {
    return graph.getJobID();
  }

  @Override
  public CompletableFuture<JobStatus> getJobStatus() {
    return session.client().getJobStatus(getJobID());
  }

  @Override
  public CompletableFuture<Void> cancel() {
    cancelled = true;
    return session.client().cancel(getJobID()).thenApply(acknowledged -> null);
  }

  @Override
  public CompletableFuture<JobExecutionResult> getJobExecutionResult() {
    return result;
  }

  @Override
  public CompletableFuture<Map<String, Object>> getAccumulators() {
    return session.client().getAccumulators(getJobID(), userClasses);
  }

  @Override
  public CompletableFuture<String> stopWithSavepoint(
      boolean advanceToEndOfTime, String directory, SavepointFormatType format) {
    throw new UnsupportedOperationException("a batch job has no savepoints");
  }

  @Override
  public CompletableFuture<String> triggerSavepoint(String directory, SavepointFormatType format) {
    throw new UnsupportedOperationException("a batch job has no savepoints");
  }
}
