package io.capoflow.runners.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.MiniClusterJobClient;
import org.apache.flink.runtime.minicluster.RpcServiceSharing;

/**
 * One Flink cluster inside this JVM that every job of the process is submitted to.
 *
 * <p>Beam's own {@code --flinkMaster=[local]} starts a cluster for each job, and its remote client
 * polls for a job's end with pauses of up to two seconds. This one is started with the first job,
 * and tells of a job's end at once.
 */
final class EmbeddedFlink implements FlinkJobs {
  private final int slots;
  private MiniCluster cluster;

  /**
   * A cluster that starts with its first job.
   *
   * @param slots tasks that run at the same time
   */
  EmbeddedFlink(int slots) {
    this.slots = slots;
  }

  @Override
  public JobClient submit(JobGraph job, ClassLoader userClasses) throws Exception {
    MiniCluster started = started();
    return new MiniClusterJobClient(
        started.submitJob(job).get().getJobID(),
        started,
        userClasses,
        MiniClusterJobClient.JobFinalizationBehavior.NOTHING);
  }

  private synchronized MiniCluster started() {
    if (cluster == null) {
      cluster = start(slots);
    }
    return cluster;
  }

  private static MiniCluster start(int slots) {
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
    return cluster;
  }

  /** {@inheritDoc} Stops the cluster; the next job starts another. */
  @Override
  public synchronized void cancel() throws IOException {
    if (cluster != null) {
      MiniCluster started = cluster;
      cluster = null;
      try {
        started.close();
      } catch (Exception e) {
        throw new IOException("embedded Flink did not stop", e);
      }
    }
  }

  /** There is nothing to end: jobs end with the process. */
  @Override
  public void abandon(Consumer<String> notices) {}

  /** There are none: a job ends with the process that submitted it. */
  @Override
  public void endLeftovers(Path directory) {}

  @Override
  public void close() throws IOException {
    cancel();
  }
}
