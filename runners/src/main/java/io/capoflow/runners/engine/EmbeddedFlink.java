package io.capoflow.runners.engine;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.flink.api.dag.Pipeline;
import org.apache.flink.api.java.ExecutionEnvironment;
import org.apache.flink.client.deployment.executors.PipelineExecutorUtils;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.PipelineExecutor;
import org.apache.flink.core.execution.PipelineExecutorFactory;
import org.apache.flink.core.execution.PipelineExecutorServiceLoader;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.MiniClusterJobClient;
import org.apache.flink.runtime.minicluster.RpcServiceSharing;

/**
 * One Flink cluster inside this JVM that every job of the process is submitted to.
 *
 * <p>Beam's own {@code --flinkMaster=[local]} starts a cluster for each job, and its remote client
 * polls for a job's end with pauses of up to two seconds. This one is started once, and tells of a
 * job's end at once. Beam finds it as Flink's context environment, by {@code --flinkMaster=[auto]};
 * that is a property of the process, so a process has at most one open at a time.
 */
@SuppressWarnings("deprecation") // Beam's batch pipelines still run on Flink's DataSet API.
final class EmbeddedFlink implements AutoCloseable {
  private static final String NAME = "capoflow-embedded";

  private final MiniCluster cluster;

  private EmbeddedFlink(MiniCluster cluster) {
    this.cluster = cluster;
  }

  /**
   * Starts a cluster and makes it the process's Flink.
   *
   * @param slots tasks that run at the same time
   * @throws IllegalStateException when one is open already, or the cluster does not start
   */
  static EmbeddedFlink start(int slots) {
    if (!ExecutionEnvironment.areExplicitEnvironmentsAllowed()) {
      throw new IllegalStateException("this process has an embedded Flink already");
    }
    Configuration configuration = new Configuration();
    configuration.set(RestOptions.BIND_PORT, "0");
    configuration.set(RestOptions.ADDRESS, "localhost");
    configuration.set(RestOptions.BIND_ADDRESS, "localhost");
    // Rows between stages are a few megabytes an iteration; the models need the memory.
    configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(128));
    configuration.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.ofMebiBytes(64));
    configuration.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.ofMebiBytes(64));
    MiniCluster cluster =
        new MiniCluster(
            new MiniClusterConfiguration.Builder()
                .setConfiguration(configuration)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(slots)
                .setRpcServiceSharing(RpcServiceSharing.SHARED)
                .build());
    try {
      cluster.start();
    } catch (Exception e) {
      throw new IllegalStateException("embedded Flink did not start", e);
    }
    Environment.install(cluster);
    return new EmbeddedFlink(cluster);
  }

  /**
   * Stops the cluster and its jobs.
   *
   * @throws IOException when it does not stop in order
   */
  @Override
  public void close() throws IOException {
    Environment.uninstall();
    try {
      cluster.close();
    } catch (Exception e) {
      throw new IOException("embedded Flink did not stop", e);
    }
  }

  /** What Beam's batch translator builds its plan in. */
  private static final class Environment extends ExecutionEnvironment {
    private Environment(Executors executors, Configuration configuration) {
      super(executors, configuration, EmbeddedFlink.class.getClassLoader());
    }

    static void install(MiniCluster cluster) {
      Executors executors = new Executors(cluster);
      Configuration configuration = new Configuration();
      configuration.set(DeploymentOptions.TARGET, NAME);
      configuration.set(DeploymentOptions.ATTACHED, true);
      initializeContextEnvironment(() -> new Environment(executors, configuration));
    }

    static void uninstall() {
      resetContextEnvironment();
    }
  }

  /** Hands every plan to the one cluster. */
  private record Executors(MiniCluster cluster)
      implements PipelineExecutorServiceLoader, PipelineExecutorFactory, PipelineExecutor {
    private Executors {
      requireNonNull(cluster, "cluster");
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
      return cluster
          .submitJob(PipelineExecutorUtils.getJobGraph(pipeline, configuration, userClasses))
          .thenApply(
              submitted ->
                  new MiniClusterJobClient(
                      submitted.getJobID(),
                      cluster,
                      userClasses,
                      MiniClusterJobClient.JobFinalizationBehavior.NOTHING));
    }
  }
}
