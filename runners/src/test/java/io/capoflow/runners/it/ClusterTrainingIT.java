package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.runners.cluster.ClusterLibraries;
import io.capoflow.runners.cluster.ClusterPackage;
import io.capoflow.runners.it.CliProcess.Ended;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.client.cli.CliFrontend;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run on a cluster of real processes has the digests of one inside a process, whatever is killed
 * meanwhile. One cluster serves all: who kills something of it puts it back.
 */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
final class ClusterTrainingIT {
  @TempDir private static Path directory;
  private static TrainingCluster training;

  @BeforeAll
  static void start() throws IOException {
    training = new TrainingCluster(directory);
  }

  @AfterAll
  static void stop() {
    if (training != null) {
      training.close();
    }
  }

  @BeforeEach
  void theClusterIsWhole() {
    training.cluster().awaitReady(progress -> {});
  }

  @Test
  void aClusterOfTwoWorkersGivesTheSame() {
    Path run = directory.resolve("clustered");
    TrainingCluster.assertEndsWell(training.train(run));
    assertThat(training.jobsThatFailed(run)).isEmpty();
  }

  /**
   * In sampling, in the critique and in training: what was committed is kept, the rest is redone.
   */
  @Test
  void killedWorkersChangeNothing() {
    Path run = directory.resolve("workers-killed");
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = training.start(run)) {
      TrainingCluster.await(() -> TrainingCluster.committed(files, 0, Stage.ROLLOUTS) > 0);
      training.killWorker(1);
      assertThat(TrainingCluster.committed(files, 0, Stage.ROLLOUTS))
          .isLessThan(TrainingCluster.SHARDS);

      TrainingCluster.await(() -> TrainingCluster.committed(files, 1, Stage.CRITIQUES) > 0);
      training.killWorker(2);
      assertThat(TrainingCluster.committed(files, 1, Stage.CRITIQUES))
          .isLessThan(TrainingCluster.SHARDS);

      TrainingCluster.await(
          () -> TrainingCluster.committed(files, 2, Stage.CREDITS) == TrainingCluster.SHARDS);
      training.killWorker(1);
      assertThat(files.policies().find(3)).isEmpty();
      training.killWorker(2);

      training.assertEndsWell(run, driver.await());
    }
    assertThat(training.jobsThatFailed(run))
        .containsExactlyInAnyOrder("iteration 00000", "iteration 00001", "iteration 00002");
  }

  @Test
  void onHdfsItIsTheSame() {
    assertIsTheSameIn(training.hdfs().root().resolve("runs/on-hdfs"));
  }

  @Test
  void onS3ItIsTheSame() {
    assertIsTheSameIn(training.s3().root().resolve("runs/on-s3"));
  }

  private void assertIsTheSameIn(Path run) {
    RunDirectory files = RunDirectory.at(run);
    try (PollingReader reader = new PollingReader(run);
        CliProcess driver = training.start(run)) {
      TrainingCluster.await(() -> TrainingCluster.committed(files, 1, Stage.CRITIQUES) > 0);
      training.killWorker(1);
      training.assertEndsWell(run, driver.await());
    }
    Ended checked = CliProcess.run(directory, Map.of(), "check", run);
    assertThat(checked.status()).as(String.join("\n", checked.lines())).isZero();
  }

  /** Where no operating system holds a lock. */
  @Test
  void aSecondDriverIsRefusedAndOneThatWasTakenOverWritesNothingMore() {
    Path run = training.s3().root().resolve("runs/two-drivers");
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = training.start(run)) {
      TrainingCluster.await(() -> TrainingCluster.committed(files, 0, Stage.ROLLOUTS) > 0);

      Ended refused = training.train(run);
      assertThat(refused.status()).as(String.join("\n", refused.lines())).isEqualTo(2);
      assertThat(refused.lines())
          .last()
          .asString()
          .matches("capoflow: process \\d+ of .* on .* \\(lease 1\\) is driving " + run + ": .*");

      training.assertEndsWell(run, training.train(run, "--take-over"));

      Ended taken = driver.await();
      assertThat(taken.status()).as(String.join("\n", taken.lines())).isEqualTo(2);
    }
    assertThat(files.digests()).isEqualTo(training.undisturbed());
  }

  /** Without high availability its jobs are gone: the driver hands its own over once more. */
  @Test
  void aKilledJobManagerIsWaitedFor() {
    Path run = directory.resolve("job-manager-killed");
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = training.start(run)) {
      TrainingCluster.await(() -> TrainingCluster.committed(files, 1, Stage.ROLLOUTS) > 0);
      training.cluster().killJobManager();
      driver.awaitLine(line -> line.contains(" does not answer ("));
      training.cluster().startJobManager();
      Ended ended = driver.await();
      training.assertEndsWell(run, ended);
      assertThat(ended.lines())
          .anyMatch(line -> line.endsWith(training.cluster().address() + " answers again"))
          .anyMatch(line -> line.contains("iteration 00001 [") && line.endsWith("once more"));
    }
  }

  @Test
  void theJobOfAKilledDriverIsEndedByTheNextOne() {
    Path run = directory.resolve("driver-killed");
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = training.start(run)) {
      TrainingCluster.await(() -> TrainingCluster.committed(files, 0, Stage.ROLLOUTS) > 0);
      driver.kill();
    }
    Ended ended = training.train(run);
    training.assertEndsWell(run, ended);
    assertThat(ended.lines())
        .anyMatch(
            line ->
                line.startsWith("a job of an earlier driver is still at work on the cluster")
                    && line.contains("iteration 00000 ["));
  }

  @Test
  void ctrlCTwiceCancelsTheJob() {
    Path run = directory.resolve("interrupted");
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = training.start(run)) {
      TrainingCluster.await(() -> TrainingCluster.committed(files, 0, Stage.ROLLOUTS) > 0);
      driver.interrupt();
      driver.awaitLine(line -> line.startsWith("stopping after the current commit"));
      driver.interrupt();
      Ended ended = driver.await();
      assertThat(ended.status()).isEqualTo(130);
      assertThat(ended.lines())
          .last()
          .isEqualTo("cancelling the job on the cluster; once more to leave it there");
    }
    assertThat(training.jobs(run, "CANCELED")).containsExactly("iteration 00000");
    TrainingCluster.assertEndsWell(training.train(run));
  }

  /** In Flink's UI, for instance. */
  @Test
  void aJobThatSomebodyElseCancelsIsSaidAndRunAgain() {
    Path run = directory.resolve("cancelled");
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = training.start(run)) {
      TrainingCluster.await(() -> TrainingCluster.committed(files, 0, Stage.ROLLOUTS) > 0);
      training.cancelWhatRuns(run);
      Ended ended = driver.await();
      assertThat(ended.status()).as(String.join("\n", ended.lines())).isEqualTo(2);
      assertThat(ended.lines())
          .last()
          .asString()
          .startsWith("capoflow: somebody has cancelled the job 'cancelled iteration 00000 [");
    }
    training.assertEndsWell(run, training.train(run));
  }

  @Test
  void flinkRunGivesTheSameWithTheStatusesOfTheCommand() throws Exception {
    Path files = directory.resolve("package");
    ClusterPackage.write(files, ClusterLibraries.ofThisProcess());
    Path run = directory.resolve("flink-run");
    assertThat(flinkRun(files, "train", training.recipe(), "--run", run, "--parallelism", 4))
        .isZero();
    assertThat(RunDirectory.at(run).digests()).isEqualTo(training.undisturbed());
    assertThat(flinkRun(files, "train", directory.resolve("none.yaml"))).isEqualTo(2);
  }

  /** As Flink's own script starts its client. */
  private static int flinkRun(Path files, Object... arguments) throws Exception {
    Path configuration = training.cluster().directory().resolve("conf");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-Dcapoflow.home=" + SmallExperiment.home(),
            "-cp",
            Files.readString(configuration.resolve("classpath")),
            CliFrontend.class.getName(),
            "run",
            "-m",
            training.cluster().address(),
            files.resolve(ClusterPackage.JOB_JAR).toString()));
    List.of(arguments).forEach(argument -> command.add(argument.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("flink-run.log").toFile());
    builder.environment().put("FLINK_CONF_DIR", configuration.toString());
    return builder.start().waitFor();
  }

  /** Training diverges on a worker. */
  @Test
  void aUsersMistakeOnAWorkerEndsTheJobAtOnceInOneLine() {
    Path run = directory.resolve("mistaken");
    Ended refused = training.train(run, "--set", "train.learning_rate=1e30");
    assertThat(refused.status()).as(String.join("\n", refused.lines())).isEqualTo(2);
    assertThat(refused.lines()).last().asString().startsWith("capoflow: ").contains("diverge");
    assertThat(refused.lines()).noneMatch(line -> line.contains("\tat "));
    assertThat(training.jobs(run, "FAILED")).containsExactly("iteration 00000");
    for (JsonNode job : training.get("/jobs/overview").path("jobs")) {
      if (TrainingCluster.work(run, job).isPresent()) {
        assertThat(training.failures(job).size()).isLessThanOrEqualTo(1);
      }
    }
  }
}
