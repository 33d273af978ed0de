package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.runners.cluster.ClusterLibraries;
import io.capoflow.runners.cluster.ClusterPackage;
import io.capoflow.runners.cluster.ClusterSettings;
import io.capoflow.runners.cluster.LocalCluster;
import io.capoflow.runners.it.CliProcess.Ended;
import io.capoflow.schemas.Json;
import io.capoflow.transforms.filesystems.TestStore;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.flink.client.cli.CliFrontend;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run on a cluster of real processes has the digests of one inside a process, whatever is killed
 * meanwhile. One cluster serves all: who kills something of it puts it back.
 */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
final class ClusterTrainingIT {
  /** Digests of three iterations and four versions. */
  private static final int DIGESTS = 3 * 6 + 4;

  private static final int SHARDS = 16;
  private static final int POLL_MILLIS = 10;

  @TempDir private static Path directory;
  private static LocalCluster cluster;
  private static TestStore hdfs;
  private static TestStore s3;
  private static Path recipe;
  private static SortedMap<String, String> undisturbed;

  @BeforeAll
  static void startAClusterAndRunInsideAProcess() throws IOException {
    recipe =
        Files.writeString(
            directory.resolve("clustered.yaml"),
            """
            extends: %s
            problems:
              train: 96
              per_iteration: 32
            """
                .formatted(SmallExperiment.in(directory)));
    // Before the cluster: its processes find in their environment how to reach them.
    hdfs = TestStore.hdfs(directory.resolve("hdfs"));
    s3 = TestStore.s3(directory.resolve("s3"));
    cluster =
        LocalCluster.up(
            ClusterSettings.in(directory.resolve("cluster")).withPort(0).withMemory(5L << 30),
            progress -> {});
    Path run = directory.resolve("undisturbed");
    Ended ended = CliProcess.run(directory, Map.of(), "train", recipe, "--run", run);
    assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
    undisturbed = RunDirectory.at(run).digests();
    assertThat(undisturbed).hasSize(DIGESTS);
  }

  @AfterAll
  static void stopTheCluster() {
    if (cluster != null) {
      cluster.close();
    }
    Stream.of(hdfs, s3).filter(Objects::nonNull).forEach(TestStore::close);
  }

  @BeforeEach
  void theClusterIsWhole() {
    cluster.awaitReady(progress -> {});
  }

  @Test
  void aClusterOfTwoWorkersGivesTheSame() {
    Path run = directory.resolve("clustered");
    assertEndsWell(train(run));
    assertThat(jobsThatFailed(run)).isEmpty();
  }

  /**
   * In sampling, in the critique and in training: what was committed is kept, the rest is redone.
   */
  @Test
  void killedWorkersChangeNothing() {
    Path run = directory.resolve("workers-killed");
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = start(run)) {
      await(() -> committed(files, 0, Stage.ROLLOUTS) > 0);
      killWorker(1);
      assertThat(committed(files, 0, Stage.ROLLOUTS)).isLessThan(SHARDS);

      await(() -> committed(files, 1, Stage.CRITIQUES) > 0);
      killWorker(2);
      assertThat(committed(files, 1, Stage.CRITIQUES)).isLessThan(SHARDS);

      await(() -> committed(files, 2, Stage.CREDITS) == SHARDS);
      killWorker(1);
      assertThat(files.policies().find(3)).isEmpty();
      killWorker(2);

      assertEndsWell(run, driver.await());
    }
    assertThat(jobsThatFailed(run))
        .containsExactlyInAnyOrder("iteration 00000", "iteration 00001", "iteration 00002");
  }

  @Test
  void onHdfsItIsTheSame() {
    assertIsTheSameIn(hdfs.root().resolve("runs/on-hdfs"));
  }

  @Test
  void onS3ItIsTheSame() {
    assertIsTheSameIn(s3.root().resolve("runs/on-s3"));
  }

  private void assertIsTheSameIn(Path run) {
    RunDirectory files = RunDirectory.at(run);
    try (PollingReader reader = new PollingReader(run);
        CliProcess driver = start(run)) {
      await(() -> committed(files, 1, Stage.CRITIQUES) > 0);
      killWorker(1);
      assertEndsWell(run, driver.await());
    }
    Ended checked = CliProcess.run(directory, Map.of(), "check", run);
    assertThat(checked.status()).as(String.join("\n", checked.lines())).isZero();
  }

  /** Where no operating system holds a lock. */
  @Test
  void aSecondDriverIsRefusedAndOneThatWasTakenOverWritesNothingMore() {
    Path run = s3.root().resolve("runs/two-drivers");
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = start(run)) {
      await(() -> committed(files, 0, Stage.ROLLOUTS) > 0);

      Ended refused = train(run);
      assertThat(refused.status()).as(String.join("\n", refused.lines())).isEqualTo(2);
      assertThat(refused.lines())
          .last()
          .asString()
          .matches("capoflow: process \\d+ of .* on .* \\(lease 1\\) is driving " + run + ": .*");

      assertEndsWell(run, train(run, "--take-over"));

      Ended taken = driver.await();
      assertThat(taken.status()).as(String.join("\n", taken.lines())).isEqualTo(2);
    }
    assertThat(files.digests()).isEqualTo(undisturbed);
  }

  /** Without high availability its jobs are gone: the driver hands its own over once more. */
  @Test
  void aKilledJobManagerIsWaitedFor() {
    Path run = directory.resolve("job-manager-killed");
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = start(run)) {
      await(() -> committed(files, 1, Stage.ROLLOUTS) > 0);
      cluster.killJobManager();
      driver.awaitLine(line -> line.contains(" does not answer ("));
      cluster.startJobManager();
      Ended ended = driver.await();
      assertEndsWell(run, ended);
      assertThat(ended.lines())
          .anyMatch(line -> line.endsWith(cluster.address() + " answers again"))
          .anyMatch(line -> line.contains("iteration 00001 [") && line.endsWith("once more"));
    }
  }

  @Test
  void theJobOfAKilledDriverIsEndedByTheNextOne() {
    Path run = directory.resolve("driver-killed");
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = start(run)) {
      await(() -> committed(files, 0, Stage.ROLLOUTS) > 0);
      driver.kill();
    }
    Ended ended = train(run);
    assertEndsWell(run, ended);
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
    try (CliProcess driver = start(run)) {
      await(() -> committed(files, 0, Stage.ROLLOUTS) > 0);
      driver.interrupt();
      driver.awaitLine(line -> line.startsWith("stopping after the current commit"));
      driver.interrupt();
      Ended ended = driver.await();
      assertThat(ended.status()).isEqualTo(130);
      assertThat(ended.lines())
          .last()
          .isEqualTo("cancelling the job on the cluster; once more to leave it there");
    }
    assertThat(jobs(run, "CANCELED")).containsExactly("iteration 00000");
    assertEndsWell(train(run));
  }

  /** In Flink's UI, for instance. */
  @Test
  void aJobThatSomebodyElseCancelsIsSaidAndRunAgain() {
    Path run = directory.resolve("cancelled");
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = start(run)) {
      await(() -> committed(files, 0, Stage.ROLLOUTS) > 0);
      cancelWhatRuns(run);
      Ended ended = driver.await();
      assertThat(ended.status()).as(String.join("\n", ended.lines())).isEqualTo(2);
      assertThat(ended.lines())
          .last()
          .asString()
          .startsWith("capoflow: somebody has cancelled the job 'cancelled iteration 00000 [");
    }
    assertEndsWell(run, train(run));
  }

  @Test
  void flinkRunGivesTheSameWithTheStatusesOfTheCommand() throws Exception {
    Path files = directory.resolve("package");
    ClusterPackage.write(files, ClusterLibraries.ofThisProcess());
    Path run = directory.resolve("flink-run");
    assertThat(flinkRun(files, "train", recipe, "--run", run, "--parallelism", 4)).isZero();
    assertThat(RunDirectory.at(run).digests()).isEqualTo(undisturbed);
    assertThat(flinkRun(files, "train", directory.resolve("none.yaml"))).isEqualTo(2);
  }

  /** As Flink's own script starts its client. */
  private static int flinkRun(Path files, Object... arguments) throws Exception {
    Path configuration = cluster.directory().resolve("conf");
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
            cluster.address(),
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
    Ended refused = train(run, "--set", "train.learning_rate=1e30");
    assertThat(refused.status()).as(String.join("\n", refused.lines())).isEqualTo(2);
    assertThat(refused.lines()).last().asString().startsWith("capoflow: ").contains("diverge");
    assertThat(refused.lines()).noneMatch(line -> line.contains("\tat "));
    assertThat(jobs(run, "FAILED")).containsExactly("iteration 00000");
    for (JsonNode job : get("/jobs/overview").path("jobs")) {
      if (work(run, job).isPresent()) {
        assertThat(failures(job).size()).isLessThanOrEqualTo(1);
      }
    }
  }

  private static Ended train(Path run, Object... more) {
    try (CliProcess driver = start(run, more)) {
      return driver.await();
    }
  }

  private static CliProcess start(Path run, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of(
                "train",
                recipe,
                "--run",
                run,
                "--parallelism",
                4,
                "--flink-master",
                cluster.address()));
    arguments.addAll(List.of(more));
    return CliProcess.start(directory, Map.of(), arguments.toArray());
  }

  private void assertEndsWell(Ended ended) {
    assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
  }

  private void assertEndsWell(Path run, Ended ended) {
    assertEndsWell(ended);
    assertThat(RunDirectory.at(run).digests()).isEqualTo(undisturbed);
  }

  /** Kills it, starts it anew and leaves it to the cluster when it is there. */
  private static void killWorker(int number) {
    cluster.killTaskManager(number);
    cluster.startTaskManager(number);
  }

  private static int committed(RunDirectory run, int iteration, Stage<?> stage) {
    return run.shards(iteration, stage).committed();
  }

  /** Looks again and again until it is so; the class's timeout ends what never comes. */
  private static void await(BooleanSupplier condition) {
    CountDownLatch never = new CountDownLatch(1);
    try {
      while (!condition.getAsBoolean()) {
        assertThat(never.await(POLL_MILLIS, TimeUnit.MILLISECONDS)).isFalse();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void cancelWhatRuns(Path run) {
    for (JsonNode job : get("/jobs/overview").path("jobs")) {
      if (job.path("state").asText().equals("RUNNING") && work(run, job).isPresent()) {
        send(to("/jobs/" + job.path("jid").asText()).method("PATCH", BodyPublishers.noBody()));
      }
    }
  }

  /** What a run's jobs that ended so did: {@code iteration 00001}. */
  private static List<String> jobs(Path run, String state) {
    List<String> found = new ArrayList<>();
    for (JsonNode job : get("/jobs/overview").path("jobs")) {
      if (job.path("state").asText().equals(state)) {
        work(run, job).ifPresent(found::add);
      }
    }
    return found;
  }

  /** The same of jobs of which a task has failed. */
  private static List<String> jobsThatFailed(Path run) {
    List<String> found = new ArrayList<>();
    for (JsonNode job : get("/jobs/overview").path("jobs")) {
      if (!failures(job).isEmpty()) {
        work(run, job).ifPresent(found::add);
      }
    }
    return found;
  }

  private static JsonNode failures(JsonNode job) {
    return get("/jobs/" + job.path("jid").asText() + "/exceptions")
        .path("exceptionHistory")
        .path("entries");
  }

  private static Optional<String> work(Path run, JsonNode job) {
    String name = job.path("name").asText();
    String begin = run.getFileName() + " ";
    return name.startsWith(begin)
        ? Optional.of(name.substring(begin.length(), name.lastIndexOf(" [")))
        : Optional.empty();
  }

  private static JsonNode get(String path) {
    return send(to(path));
  }

  private static HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(URI.create("http://" + cluster.address() + path));
  }

  private static JsonNode send(HttpRequest.Builder request) {
    try (var body =
        HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofInputStream()).body()) {
      return Json.STRICT.readTree(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
