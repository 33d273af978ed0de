package io.capoflow.runners.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.flink.configuration.BlobServerOptions;
import org.apache.flink.configuration.ClusterOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.HistoryServerOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.NettyShuffleEnvironmentOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.RpcOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.configuration.TaskManagerOptions.TaskManagerLoadBalanceMode;
import org.apache.flink.configuration.WebOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The configuration of a cluster on one machine, as Flink reads it. */
final class LocalClusterKeysTest {
  @TempDir private Path directory;

  @Test
  void flinkReadsWhatIsWritten() throws IOException {
    Configuration read = read(directory.resolve("an odd 'name': {}"));
    // Each under the option that Flink asks for: a misspelt key would leave its default.
    for (var host :
        List.of(
            JobManagerOptions.ADDRESS,
            JobManagerOptions.BIND_HOST,
            TaskManagerOptions.HOST,
            TaskManagerOptions.BIND_HOST,
            RestOptions.ADDRESS,
            RestOptions.BIND_ADDRESS,
            HistoryServerOptions.HISTORY_SERVER_WEB_ADDRESS)) {
      assertThat(read.get(host)).as(host.key()).isEqualTo("localhost");
    }
    assertThat(read.get(RestOptions.PORT)).isEqualTo(1001);
    assertThat(read.get(RestOptions.BIND_PORT)).isEqualTo("1001");
    assertThat(read.get(HistoryServerOptions.HISTORY_SERVER_WEB_PORT)).isEqualTo(1002);
    assertThat(read.get(JobManagerOptions.PORT)).isEqualTo(1003);
    assertThat(read.get(BlobServerOptions.PORT)).isEqualTo("0");
    assertThat(read.get(TaskManagerOptions.NUM_TASK_SLOTS)).isEqualTo(2);
    assertThat(read.get(TaskManagerOptions.TASK_OFF_HEAP_MEMORY).getMebiBytes()).isGreaterThan(255);
    assertThat(TaskManagerLoadBalanceMode.loadFromConfiguration(read))
        .isEqualTo(TaskManagerLoadBalanceMode.SLOTS);
    assertThat(read.get(NettyShuffleEnvironmentOptions.NETWORK_SORT_SHUFFLE_MIN_BUFFERS))
        .isEqualTo(128);
    assertThat(read.get(CoreOptions.CLASSLOADER_RESOLVE_ORDER)).isEqualTo("parent-first");
    assertThat(read.get(RestartStrategyOptions.RESTART_STRATEGY)).isEqualTo("fixed-delay");
    assertThat(read.get(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS))
        .isEqualTo(20);
    assertThat(read.get(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY))
        .isEqualTo(Duration.ofSeconds(1));
    assertThat(read.get(JobManagerOptions.EXECUTION_FAILOVER_STRATEGY)).isEqualTo("region");
    assertThat(read.get(TaskManagerOptions.TASK_CANCELLATION_TIMEOUT)).isEqualTo(600_000);
    assertThat(read.get(HeartbeatManagerOptions.HEARTBEAT_INTERVAL)).isEqualTo(2000);
    assertThat(read.get(HeartbeatManagerOptions.HEARTBEAT_TIMEOUT)).isEqualTo(30_000);
    assertThat(read.get(ClusterOptions.ERROR_REGISTRATION_DELAY)).isEqualTo(1000);
    assertThat(read.get(HeartbeatManagerOptions.HEARTBEAT_RPC_FAILURE_THRESHOLD)).isEqualTo(2);
    assertThat(read.get(RpcOptions.ASK_TIMEOUT_DURATION)).isEqualTo(Duration.ofSeconds(60));
    assertThat(read.get(WebOptions.SUBMIT_ENABLE)).isFalse();
    assertThat(read.get(JobManagerOptions.ARCHIVE_DIR))
        .isEqualTo(read.get(HistoryServerOptions.HISTORY_SERVER_ARCHIVE_DIRS))
        .startsWith("file:/")
        .endsWith("/history");
  }

  private Configuration read(Path root) throws IOException {
    ClusterSettings settings =
        ClusterSettings.in(root).withMemory(MemorySize.ofMebiBytes(6000).getBytes());
    Path conf = Files.createDirectories(directory.resolve("conf"));
    Files.writeString(
        conf.resolve("config.yaml"),
        ClusterKey.yaml(LocalClusterKeys.of(settings, new ClusterPorts(1001, 1002, 1003))));
    return GlobalConfiguration.loadConfiguration(conf.toString());
  }
}
