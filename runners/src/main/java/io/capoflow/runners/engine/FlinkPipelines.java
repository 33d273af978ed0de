package io.capoflow.runners.engine;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.execution.JobName;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.extensions.ExtensionJars;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.runners.flink.FlinkRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;

/**
 * Pipelines that run on Flink: one inside this JVM, with nothing else installed or started, or a
 * cluster that runs by itself. A process has at most one open at a time. Thread-safe.
 */
public final class FlinkPipelines implements EnginePipelines {
  /** The loss of a worker takes several, and a run may lose some workers in an iteration. */
  private static final int RESTARTS = 15;

  private static final Duration BEFORE_A_RESTART = Duration.ofSeconds(1);

  private final FlinkJobs flink;
  private final int parallelism;
  private final Configuration ofJobs;
  private boolean installed;

  private FlinkPipelines(FlinkJobs flink, int parallelism, Configuration ofJobs) {
    this.flink = requireNonNull(flink, "flink");
    this.parallelism = parallelism;
    this.ofJobs = ofJobs;
  }

  /**
   * Pipelines of an embedded Flink, which starts with the first of them and takes two seconds.
   *
   * @param parallelism tasks of a stage that run at the same time, at least 1
   */
  public static FlinkPipelines embedded(int parallelism) {
    requirePositive(parallelism);
    return new FlinkPipelines(new EmbeddedFlink(parallelism), parallelism, new Configuration());
  }

  /**
   * Pipelines of a cluster, which has our classes in its {@code lib/}. Jars of extensions that this
   * process has loaded travel with each job.
   *
   * @param cluster whose REST endpoint {@code rest.address} and {@code rest.port} name
   * @param parallelism tasks of a stage that run at the same time, at least 1
   * @param patience how long a cluster that does not answer any more is waited for
   * @param notices are told what happens between driver and cluster, a line each
   * @throws UserMistake when the cluster does not answer now
   */
  public static FlinkPipelines session(
      Configuration cluster, int parallelism, Duration patience, Consumer<String> notices) {
    requirePositive(parallelism);
    FlinkSession session = FlinkSession.at(cluster, patience, notices);
    return new FlinkPipelines(session, parallelism, jobs(cluster, session.settings()));
  }

  private static void requirePositive(int parallelism) {
    if (parallelism < 1) {
      throw new IllegalArgumentException("parallelism must be at least 1: " + parallelism);
    }
  }

  /** What jobs take with them; how often they begin again is the operator's choice, if any is. */
  private static Configuration jobs(Configuration given, Map<String, String> cluster) {
    Configuration jobs = new Configuration();
    List<String> jars = new ArrayList<>(given.getOptional(PipelineOptions.JARS).orElse(List.of()));
    ExtensionJars.loaded().forEach(jar -> jars.add(jar.copy().toUri().toString()));
    jobs.set(PipelineOptions.JARS, jars);
    given
        .getOptional(PipelineOptions.CLASSPATHS)
        .ifPresent(urls -> jobs.set(PipelineOptions.CLASSPATHS, urls));
    if (!cluster.containsKey(RestartStrategyOptions.RESTART_STRATEGY.key())) {
      jobs.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
      jobs.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, RESTARTS);
      jobs.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, BEFORE_A_RESTART);
    }
    return jobs;
  }

  @Override
  public Pipeline create(JobName name) {
    return create(name, parallelism);
  }

  /** {@inheritDoc} It takes all slots that are free: each worker with one is come to. */
  @Override
  public Optional<EveryWorker> onEveryWorker(JobName name) {
    OptionalInt free = flink.freeSlots();
    if (free.isEmpty()) {
      return Optional.empty();
    }
    // Where none is free, it waits as every job does.
    int slots = free.getAsInt() > 0 ? free.getAsInt() : parallelism;
    return Optional.of(new EveryWorker(create(name, slots), slots));
  }

  private synchronized Pipeline create(JobName name, int slots) {
    if (!installed) {
      FlinkEnvironment.install(flink, ofJobs);
      installed = true;
    }
    FlinkPipelineOptions options = PipelineOptionsFactory.as(FlinkPipelineOptions.class);
    options.setJobName(name.text());
    options.setRunner(FlinkRunner.class);
    options.setFlinkMaster("[auto]");
    options.setParallelism(slots);
    // Our functions never change an element, so none need be copied between chained operators.
    options.setFasterCopy(true);
    return Pipeline.create(options);
  }

  @Override
  public void cancel() {
    try {
      flink.cancel();
    } catch (IOException e) {
      throw new UncheckedIOException("Flink does not stop", e);
    }
  }

  @Override
  public void abandon(Consumer<String> notices) {
    flink.abandon(notices);
  }

  @Override
  public void endLeftovers(Path directory) {
    flink.endLeftovers(directory);
  }

  @Override
  public synchronized void close() throws IOException {
    try {
      flink.close();
    } finally {
      if (installed) {
        FlinkEnvironment.uninstall();
        installed = false;
      }
    }
  }
}
