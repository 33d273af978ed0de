package io.capoflow.runners.engine;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.execution.JobName;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.client.deployment.StandaloneClusterId;
import org.apache.flink.client.program.rest.RestClusterClient;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.client.DuplicateJobSubmissionException;
import org.apache.flink.runtime.client.JobStatusMessage;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Flink cluster that runs by itself, over its REST endpoint.
 *
 * <p>A cluster that does not answer is waited for. One that has lost a job, as a JobManager without
 * high availability does when it starts anew, is given the job once more: what its stages committed
 * is read, so only what is missing is computed.
 */
final class FlinkSession implements FlinkJobs {
  private static final Logger LOG = LoggerFactory.getLogger(FlinkSession.class);

  /** After Flink's own limit for a task that does not hear of its cancelling, and some. */
  private static final Duration END_OF_A_JOB = Duration.ofMinutes(5);

  private static final Duration END_AT_EXIT = Duration.ofSeconds(30);
  private static final Duration CONNECTING = Duration.ofSeconds(5);

  /** An answer takes milliseconds: what takes this long is a network that was cut. */
  private static final Duration ANSWERING = Duration.ofSeconds(20);

  private final String address;
  private final Patience patience;
  private final Consumer<String> notices;
  private final RestClusterClient<StandaloneClusterId> client;
  private final Set<SessionJob> running = ConcurrentHashMap.newKeySet();

  private FlinkSession(
      String address,
      Patience patience,
      Consumer<String> notices,
      RestClusterClient<StandaloneClusterId> client) {
    this.address = address;
    this.patience = patience;
    this.notices = notices;
    this.client = client;
  }

  /**
   * The cluster whose REST endpoint a configuration names.
   *
   * @param patience how long one that does not answer any more is waited for
   * @param notices are told what happens between driver and cluster
   * @throws UserMistake when it does not answer now
   */
  static FlinkSession at(Configuration configuration, Duration patience, Consumer<String> notices) {
    requireNonNull(notices, "notices");
    Configuration ours = new Configuration(configuration);
    ours.set(RestOptions.CONNECTION_TIMEOUT, CONNECTING.toMillis());
    ours.set(RestOptions.IDLENESS_TIMEOUT, ANSWERING.toMillis());
    // Who does not answer is asked again by us, who can say so.
    ours.set(RestOptions.RETRY_MAX_ATTEMPTS, 0);
    ours.set(RestOptions.RETRY_DELAY, 0L);
    String address = ours.get(RestOptions.ADDRESS) + ":" + ours.get(RestOptions.PORT);
    RestClusterClient<StandaloneClusterId> client;
    try {
      client = new RestClusterClient<>(ours, StandaloneClusterId.getInstance());
    } catch (Exception e) {
      throw new UserMistake(
          "the Flink cluster at %s cannot be asked: %s".formatted(address, e.getMessage()), e);
    }
    try {
      client.getClusterOverview().get();
    } catch (ExecutionException e) {
      client.close();
      throw new UserMistake(
          "no Flink cluster answers at %s (%s): start one, for instance with capoflow cluster up, or mend --flink-master"
              .formatted(address, Patience.reason(e)),
          e);
    } catch (InterruptedException e) {
      client.close();
      throw interrupted(e);
    }
    return new FlinkSession(
        address,
        new Patience("the Flink cluster at " + address, patience, notices),
        notices,
        client);
  }

  /** Slots of all TaskManagers that are there now, taken or free. */
  int slots() {
    return patience.answered(client::getClusterOverview).getNumSlotsTotal();
  }

  /** The cluster's own settings, by key; secrets are masked by Flink. */
  Map<String, String> settings() {
    return patience.answered(() -> Requests.configuration(client));
  }

  @Override
  public JobClient submit(JobGraph graph, ClassLoader userClasses) {
    SessionJob job = new SessionJob(this, graph, userClasses);
    hand(graph);
    running.add(job);
    job.watch();
    return job;
  }

  /** Gives the cluster a job, once, however often its answer is lost. */
  void hand(JobGraph graph) {
    try {
      patience.answered(() -> client.submitJob(graph));
    } catch (RuntimeException e) {
      // One whose first submission was answered into a cut line.
      if (!Requests.comesFrom(e, DuplicateJobSubmissionException.class)) {
        throw e;
      }
    }
  }

  RestClusterClient<StandaloneClusterId> client() {
    return client;
  }

  Patience patience() {
    return patience;
  }

  void say(String notice) {
    LOG.info("{}", notice);
    notices.accept(notice);
  }

  void ended(SessionJob job) {
    running.remove(job);
  }

  @Override
  public void cancel() throws IOException {
    List<SessionJob> jobs = new ArrayList<>(running);
    for (SessionJob job : jobs) {
      job.stop();
    }
    for (SessionJob job : jobs) {
      job.awaitEnd(END_AT_EXIT);
    }
  }

  @Override
  public void abandon(Consumer<String> told) {
    List<SessionJob> jobs = new ArrayList<>(running);
    if (!jobs.isEmpty()) {
      told.accept("cancelling the job on the cluster; once more to leave it there");
    }
    for (SessionJob job : jobs) {
      job.abandon();
    }
    for (SessionJob job : jobs) {
      job.awaitEnd(END_AT_EXIT);
    }
  }

  /** {@inheritDoc} They are cancelled: what they committed is read by who comes after them. */
  @Override
  public void endLeftovers(Path directory) {
    for (JobStatusMessage job : patience.answered(client::listJobs)) {
      if (!job.getJobState().isGloballyTerminalState()
          && JobName.isOf(directory, job.getJobName())) {
        say(
            "a job of an earlier driver is still at work on the cluster: ending '%s'"
                .formatted(job.getJobName()));
        end(job.getJobId());
      }
    }
  }

  private void end(JobID id) {
    patience.answered(() -> client.cancel(id));
    long began = System.nanoTime();
    while (!isOver(id)) {
      if (System.nanoTime() - began > END_OF_A_JOB.toNanos()) {
        throw new UserMistake(
            "job %s of an earlier driver does not end on the Flink cluster at %s: look at it there, and run the same command again"
                .formatted(id, address));
      }
      patience.pause();
    }
  }

  private boolean isOver(JobID id) {
    try {
      return status(id).isGloballyTerminalState();
    } catch (RuntimeException e) {
      if (Requests.isUnknown(e)) {
        return true;
      }
      throw e;
    }
  }

  /**
   * How a job stands.
   *
   * @throws RuntimeException as {@link Requests#isUnknown} tells, when the cluster knows none
   */
  JobStatus status(JobID id) {
    return patience.answered(() -> Requests.status(client, id));
  }

  @Override
  public OptionalInt freeSlots() {
    return OptionalInt.of(patience.answered(client::getClusterOverview).getNumSlotsAvailable());
  }

  @Override
  public void close() throws IOException {
    try {
      cancel();
    } finally {
      patience.close();
      client.close();
    }
  }

  static IllegalStateException interrupted(InterruptedException cause) {
    Thread.currentThread().interrupt();
    return new IllegalStateException("interrupted while a Flink cluster was asked", cause);
  }
}
