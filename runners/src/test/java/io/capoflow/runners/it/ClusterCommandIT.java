package io.capoflow.runners.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.runners.cluster.ClusterSettings;
import io.capoflow.runners.cluster.ClusterStatus.ProcessStatus;
import io.capoflow.runners.cluster.LocalCluster;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cluster of real processes on this machine, from the command line. */
final class ClusterCommandIT {
  @TempDir private Path temporary;
  private Path directory;

  @BeforeEach
  void nameADirectory() {
    directory = temporary.resolve("a cluster");
  }

  @AfterEach
  void stopWhatAFailedTestLeft() {
    if (Files.exists(directory.resolve("cluster.json"))) {
      LocalCluster.of(directory).close();
    }
  }

  @Test
  void aClusterComesUpLosesProcessesGetsThemBackAndGoes() throws Exception {
    assertThat(command("up", "--port", "0", "--memory", "5g", "--numerics", "portable").status())
        .isZero();
    LocalCluster cluster = LocalCluster.of(directory);
    List<Long> pids = pids(cluster);
    assertThat(pids).hasSize(4).doesNotHaveDuplicates();
    JsonNode overview = Json.STRICT.readTree(get(cluster.address(), "/overview"));
    assertThat(overview.path("taskmanagers").asInt()).isEqualTo(2);
    assertThat(overview.path("slots-total").asInt()).isEqualTo(4);
    assertThat(get(cluster.address(), "/")).contains("<title>Apache Flink Web Dashboard</title>");
    assertThat(get(cluster.historyAddress(), "/jobs/overview")).isEqualTo("{\"jobs\":[]}");
    for (LocalCluster.TaskManager worker : cluster.taskManagers()) {
      assertThat(environment(worker.pid()))
          .contains("OMP_WAIT_POLICY=PASSIVE", "ATEN_CPU_CAPABILITY=avx2", "MKL_CBWR=COMPATIBLE");
    }

    CliProcess.Ended whole = command("status");
    assertThat(whole.status()).isZero();
    assertThat(whole.lines())
        .hasSize(5)
        .filteredOn(line -> line.contains(" alive pid "))
        .hasSize(4);
    assertThat(whole.lines().get(1)).startsWith("task-manager-1 ").endsWith("2 slots, 2 free");
    assertThat(whole.lines().get(4)).isEqualTo("0 jobs run, http://" + cluster.address());

    CliProcess.Ended second = command("up", "--memory", "5g");
    assertThat(second.status()).isEqualTo(2);
    assertThat(second.lines())
        .containsExactly(
            "capoflow: %s: a cluster runs there already, its web UI is http://%s; see capoflow cluster status, or stop it with capoflow cluster down"
                .formatted(directory, cluster.address()));

    cluster.killTaskManager(1);
    CliProcess.Ended lame = command("status");
    assertThat(lame.status()).isEqualTo(1);
    assertThat(lame.lines())
        .contains("task-manager-1   dead  pid " + cluster.taskManagers().get(0).pid());

    cluster.killJobManager();
    CliProcess.Ended revived = command("up", "--task-managers", "3");
    assertThat(revived.status()).as(String.join("\n", revived.lines())).isZero();
    assertThat(revived.lines())
        .contains("again    job-manager, task-manager-1")
        .anyMatch(line -> line.startsWith("workers  2 of 2 slots, numerics portable, "));
    assertThat(command("status").status()).isZero();
    List<Long> laterPids = pids(cluster);
    assertThat(laterPids).doesNotContain(pids.get(0), pids.get(1)).contains(pids.get(2));

    // A worker dies, and its number becomes somebody else's.
    cluster.killTaskManager(1);
    try (Foreign foreign = Foreign.start()) {
      Path record = directory.resolve("processes/task-manager-1.json");
      Files.writeString(
          record,
          Files.readString(record)
              .replaceFirst("\"pid\" : \\d+", "\"pid\" : " + foreign.process().pid()));
      CliProcess.Ended down = command("down");
      assertThat(down.lines())
          .containsExactly(directory + ": stopped 3 processes; 1 had ended before");
      assertThat(down.status()).isZero();
      assertThat(foreign.answers()).isTrue();
    }
    assertThat(laterPids).noneMatch(ClusterCommandIT::runs);
    assertThat(command("down").lines()).containsExactly(directory + ": nothing ran");
    assertThat(command("status").status()).isEqualTo(1);
  }

  @Test
  void aWorkerThatDoesNotStartIsNamedAndNothingStays() {
    ClusterSettings settings =
        ClusterSettings.in(directory).withPort(0).withWorkerOptions(List.of("--no-such-option"));
    assertThatThrownBy(() -> LocalCluster.up(settings, progress -> {}))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(
            "the cluster did not start: task-manager-1 ended and said \"Unrecognized option:"
                + " --no-such-option\"; see "
                + directory);
    LocalCluster failed = LocalCluster.of(directory);
    assertThat(failed.status().isRunning()).isFalse();
    assertThat(pids(failed)).hasSize(4).noneMatch(ClusterCommandIT::runs);
  }

  private CliProcess.Ended command(String name, Object... more) {
    return CliProcess.run(
        temporary,
        Map.of(),
        Stream.concat(Stream.of("cluster", name, "--directory", directory), Stream.of(more))
            .toArray());
  }

  private static List<Long> pids(LocalCluster cluster) {
    return cluster.status().processes().stream()
        .map(ProcessStatus::pid)
        .map(pid -> pid.orElseThrow())
        .toList();
  }

  /** Whether a process runs; one that is over and not fetched yet has no command line. */
  private static boolean runs(long pid) {
    try {
      return !Files.readString(Path.of("/proc", Long.toString(pid), "cmdline")).isEmpty();
    } catch (IOException gone) {
      return false;
    }
  }

  private static List<String> environment(long pid) throws IOException {
    return List.of(
        Files.readString(Path.of("/proc", Long.toString(pid), "environ"), UTF_8).split("\0"));
  }

  private static String get(String address, String path) throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://" + address + path)).build(),
            BodyHandlers.ofString())
        .body();
  }

  /** A process that says what it hears, of nobody's cluster. */
  private record Foreign(Process process) implements AutoCloseable {
    static Foreign start() throws IOException {
      return new Foreign(new ProcessBuilder("cat").start());
    }

    boolean answers() throws IOException {
      process.getOutputStream().write('a');
      process.getOutputStream().flush();
      return process.getInputStream().read() == 'a';
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
