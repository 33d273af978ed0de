package io.capoflow.runners.engine;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.flink.api.common.restartstrategy.RestartStrategies;
import org.apache.flink.api.dag.Pipeline;
import org.apache.flink.api.java.ExecutionEnvironment;
import org.apache.flink.client.deployment.executors.PipelineExecutorUtils;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.PipelineExecutor;
import org.apache.flink.core.execution.PipelineExecutorFactory;
import org.apache.flink.core.execution.PipelineExecutorServiceLoader;

/**
 * What Beam's batch translator builds its plan in, and what hands the plan to one Flink. Beam finds
 * it as Flink's context environment, by {@code --flinkMaster=[auto]}; that is a property of the
 * process, so a process has at most one at a time.
 */
@SuppressWarnings("deprecation") // Beam's batch pipelines still run on Flink's DataSet API.
final class FlinkEnvironment extends ExecutionEnvironment {
  private static final String NAME = "capoflow";

  private static boolean installed;

  private FlinkEnvironment(Executors executors, Configuration configuration, ClassLoader classes) {
    super(executors, configuration, classes);
    // Flink takes this from a plan's own settings, and passes over the configuration's.
    RestartStrategies.fromConfiguration(configuration).ifPresent(getConfig()::setRestartStrategy);
  }

  /**
   * Makes a Flink the process's.
   *
   * @param configuration of the jobs
   * @throws IllegalStateException when there is one already
   */
  static synchronized void install(FlinkJobs flink, Configuration configuration) {
    if (installed) {
      throw new IllegalStateException("this process has a Flink already");
    }
    Executors executors = new Executors(flink);
    Configuration ofJobs = new Configuration(configuration);
    ofJobs.set(DeploymentOptions.TARGET, NAME);
    ofJobs.set(DeploymentOptions.ATTACHED, true);
    initializeContextEnvironment(
        () ->
            new FlinkEnvironment(
                executors, ofJobs, Thread.currentThread().getContextClassLoader()));
    installed = true;
  }

  /** Whether an environment's configuration is one of this process's Flink. */
  static boolean isOurs(Configuration configuration) {
    return NAME.equals(configuration.get(DeploymentOptions.TARGET));
  }

  static synchronized void uninstall() {
    resetContextEnvironment();
    installed = false;
  }

  /** Hands every plan to the one Flink. */
  private record Executors(FlinkJobs flink)
      implements PipelineExecutorServiceLoader, PipelineExecutorFactory, PipelineExecutor {
    private Executors {
      requireNonNull(flink, "flink");
    }

    @Override
    public PipelineExecutorFactory getExecutorFactory(Configuration configuration) {
      return this;
    }

    @Override
    public Stream<String> getExecutorNames() {
      return Stream.of(NAME);
    }

    @Override
    public String getName() {
      return NAME;
    }

    @Override
    public boolean isCompatibleWith(Configuration configuration) {
      return NAME.equals(configuration.get(DeploymentOptions.TARGET));
    }

    @Override
    public PipelineExecutor getExecutor(Configuration configuration) {
      return this;
    }

    @Override
    public CompletableFuture<JobClient> execute(
        Pipeline pipeline, Configuration configuration, ClassLoader userClasses) throws Exception {
      return CompletableFuture.completedFuture(
          flink.submit(
              PipelineExecutorUtils.getJobGraph(pipeline, configuration, userClasses),
              userClasses));
    }
  }
}
