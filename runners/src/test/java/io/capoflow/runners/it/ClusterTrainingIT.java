package io.capoflow.runners.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.models.stub.StubServer;
import io.capoflow.runners.cluster.ClusterLibraries;
import io.capoflow.runners.cluster.ClusterPackage;
import io.capoflow.runners.it.CliProcess.Ended;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.journal.JournalFigures;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.storage.Stage;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.avro.specific.SpecificRecordBase;
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
  private static final int WORKERS = 2;

  /** What the build sets for tests; its value stands for a key. */
  private static final String SECRET_VARIABLE = "CAPOFLOW_TEST_SECRET";

  /** Of an iteration: 32 problems, 4 of each. */
  private static final int ROLLOUTS = 128;

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
  void aClusterOfTwoWorkersGivesTheSame() throws IOException {
    Path run = directory.resolve("clustered");
    training.assertEndsWell(run, training.train(run));
    assertThat(training.jobsThatFailed(run)).isEmpty();
    operatorsSeeWhatTheJobsDid(run);
    logLinesSayWhatTheyAreAbout(run);
  }

  /** Summed over the tasks of a job, as Flink's REST interface has them. */
  private static void operatorsSeeWhatTheJobsDid(Path run) {
    RunDirectory files = RunDirectory.at(run);
    for (int iteration = 0; iteration < 3; iteration++) {
      SortedMap<String, Long> figures = figures(run, "iteration " + Keys.iteration(iteration));
      assertThat(figures)
          .containsEntry("sample.rollouts", (long) ROLLOUTS)
          .containsEntry("sample.tokens", tokens(rows(files, iteration, Stage.ROLLOUTS)))
          .containsEntry("critique.critiques", 2L * ROLLOUTS)
          .containsEntry("train.commits_won", 1L)
          .doesNotContainKeys("sample.commits_lost", "sample.commits_read", "critique.calls");
      for (Stage<?> stage : Stage.ALL) {
        assertThat(figures)
            .containsEntry(stage.verb() + ".commits_won", (long) TrainingCluster.SHARDS);
      }
      if (iteration > 0) {
        // Each worker has loaded the new version, and kept the critic.
        assertThat(figures)
            .containsEntry("models.policy_loads", (long) WORKERS)
            .doesNotContainKey("models.critic_loads");
      }
      assertThat(figures.get("critique.void_critiques"))
          .isEqualTo(
              rows(files, iteration, Stage.CRITIQUES).stream()
                  .filter(critique -> critique.getVoidReason() != null)
                  .count());
    }
    for (int worker = 1; worker <= WORKERS; worker++) {
      String loads = "/taskmanagers/task-manager-" + worker + "/metrics?get=";
      String name = "capoflow.models.critic_loads";
      // The JobManager asks its workers every ten seconds, and only while somebody asks it.
      TrainingCluster.await(() -> training.get(loads + name).path(0).path("value").asLong() > 0);
      assertThat(training.get(loads + name).path(0).path("value").asLong()).isOne();
    }
  }

  private static SortedMap<String, Long> figures(Path run, String work) {
    for (JsonNode job : training.get("/jobs/overview").path("jobs")) {
      if (TrainingCluster.work(run, job).filter(work::equals).isPresent()) {
        return JobAccumulators.figures(
            training.get("/jobs/" + job.path("jid").asText() + "/accumulators"));
      }
    }
    throw new AssertionError("no job of " + run + " is called " + work);
  }

  private static long tokens(List<Rollout> rollouts) {
    return rollouts.stream().mapToLong(rollout -> rollout.getResponseTokenIds().size()).sum();
  }

  private static <T extends SpecificRecordBase> List<T> rows(
      RunDirectory run, int iteration, Stage<T> stage) {
    ShardStore<T> store = run.shards(iteration, stage);
    return store.commits().stream().flatMap(commit -> store.read(commit).stream()).toList();
  }

  /** Run, iteration and shard stand in the lines of whichever worker computed it. */
  private static void logLinesSayWhatTheyAreAbout(Path run) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int worker = 1; worker <= WORKERS; worker++) {
      lines.addAll(
          Files.readAllLines(
              training.cluster().directory().resolve("logs/task-manager-" + worker + ".log")));
    }
    Pattern job = Pattern.compile(run.getFileName() + " iteration 00001 \\[[0-9a-f]{12}]");
    for (int shard = 0; shard < TrainingCluster.SHARDS; shard++) {
      String about = "] critique shard %05d: ".formatted(shard);
      assertThat(lines)
          .filteredOn(line -> line.contains(about) && line.contains(" rows in "))
          .filteredOn(line -> job.matcher(line).find())
          .hasSize(1);
    }
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

  /** Were the journal not read, all that was answered before would be asked for again. */
  @Test
  void whatTheJournalHasOfAKilledWorkersCallsIsNotAskedForAgain() throws IOException {
    Path run = directory.resolve("served");
    Path journal = directory.resolve("served-journal");
    try (StubServer critic = StubServer.start("critic")) {
      Path recipe = served(critic, journal);
      long repeatable;
      try (CliProcess driver =
          training.start(recipe, run, training.cluster().address(), "--iterations", 1)) {
        assertThat(critic.awaitAsked(ROLLOUTS, driver::hasEnded)).isTrue();
        training.cluster().killTaskManager(1);
        // Half of the slots are gone: nothing begins again before they are back.
        TrainingCluster.await(() -> training.tasksAtWork(run) == 0);
        repeatable = critic.choicesAsked() - JournalFigures.of(journal).answers();
        training.cluster().startTaskManager(1);
        TrainingCluster.assertEndsWell(driver.await());
      }
      assertThat(training.jobsThatFailed(run)).containsExactly("iteration 00000");
      assertThat(repeatable).isBetween(0L, ROLLOUTS / 2L);
      assertThat(critic.choicesAsked() - critic.asked().size()).isBetween(0L, repeatable);
      // Responses that are equal are asked about once.
      assertThat(critic.asked()).hasSizeBetween(ROLLOUTS + 1, 2 * ROLLOUTS);
      assertThat(JournalFigures.of(journal).answers()).isEqualTo(critic.asked().size());
      theKeyIsSentAndIsNowhereElse(critic, run);
    }
    try (StubServer critic = StubServer.start("critic")) {
      Path alone = directory.resolve("served-alone");
      Path recipe = served(critic, directory.resolve("alone-journal"));
      TrainingCluster.assertEndsWell(
          CliProcess.run(directory, Map.of(), "train", recipe, "--run", alone, "--iterations", 1));
      assertThat(RunDirectory.at(run).digests()).isEqualTo(RunDirectory.at(alone).digests());
    }
  }

  /** With its critic behind a server. */
  private static Path served(StubServer critic, Path journal) throws IOException {
    return SmallExperiment.served(
        directory.resolve("served.yaml"),
        training.recipe(),
        critic.url(),
        journal,
        "max_in_flight: 8",
        "api_key_env: " + SECRET_VARIABLE);
  }

  /** Of all that a cluster keeps, shows and logs. */
  private static void theKeyIsSentAndIsNowhereElse(StubServer critic, Path run) throws IOException {
    String key = System.getenv(SECRET_VARIABLE);
    assertThat(critic.requests())
        .filteredOn(request -> request.path().endsWith("/chat/completions"))
        .isNotEmpty()
        .allSatisfy(request -> assertThat(request.headers()).containsValue("Bearer " + key));

    for (JsonNode job : training.get("/jobs/overview").path("jobs")) {
      if (TrainingCluster.work(run, job).isPresent()) {
        for (String part : List.of("", "/plan", "/config", "/exceptions", "/accumulators")) {
          assertThat(training.get("/jobs/" + job.path("jid").asText() + part).toString())
              .hasSizeGreaterThan(2)
              .doesNotContain(key);
        }
      }
    }
    // Run, journal, the driver's log, and the cluster's own folder with what was sent to it.
    int read = 0;
    for (Path file : TrainingCluster.filesBelow(directory)) {
      if (!file.getFileName().toString().endsWith(".jar")) {
        read++;
        assertThat(new String(Files.readAllBytes(file), ISO_8859_1))
            .as(file.toString())
            .doesNotContain(key);
      }
    }
    assertThat(read).isGreaterThan(100);
  }

  /** Without high availability its jobs are gone: the driver hands its own over once more. */
  @Test
  void aKilledJobManagerIsWaitedFor() {
    Path run = directory.resolve("job-manager-killed");
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = training.start(run, "--iterations", 2)) {
      TrainingCluster.await(() -> TrainingCluster.committed(files, 1, Stage.ROLLOUTS) > 0);
      training.cluster().killJobManager();
      driver.awaitLine(line -> line.contains(" does not answer ("));
      training.cluster().startJobManager();
      Ended ended = driver.await();
      training.assertBeginsAlike(run, 2, ended);
      assertThat(ended.lines())
          .anyMatch(line -> line.endsWith(training.cluster().address() + " answers again"))
          .anyMatch(line -> line.contains("iteration 00001 [") && line.endsWith("once more"));
    }
  }

  /** The job goes on meanwhile, and is not handed over a second time. */
  @Test
  void aCutNetworkBetweenDriverAndClusterIsWaitedFor() throws IOException {
    Path run = directory.resolve("network-cut");
    RunDirectory files = RunDirectory.at(run);
    try (Relay network = Relay.to(training.cluster().address());
        CliProcess driver =
            training.start(training.recipe(), run, network.address(), "--iterations", 2)) {
      TrainingCluster.await(() -> TrainingCluster.committed(files, 1, Stage.ROLLOUTS) > 0);
      network.cut();
      driver.awaitLine(line -> line.contains(network.address() + " does not answer ("));
      TrainingCluster.await(() -> files.policies().find(2).isPresent());
      network.mend();
      Ended ended = driver.await();
      training.assertBeginsAlike(run, 2, ended);
      assertThat(ended.lines())
          .anyMatch(line -> line.endsWith(network.address() + " answers again"))
          .noneMatch(line -> line.endsWith("once more"));
    }
    assertThat(training.jobsThatFailed(run)).isEmpty();
  }

  @Test
  void theJobOfAKilledDriverIsEndedByTheNextOne() {
    Path run = directory.resolve("driver-killed");
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = training.start(run, "--iterations", 1)) {
      TrainingCluster.await(() -> TrainingCluster.committed(files, 0, Stage.ROLLOUTS) > 0);
      driver.kill();
    }
    Ended ended = training.train(run, "--iterations", 1);
    training.assertBeginsAlike(run, 1, ended);
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
    try (CliProcess driver = training.start(run, "--iterations", 1)) {
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
    training.assertBeginsAlike(run, 1, training.train(run, "--iterations", 1));
  }

  /** In Flink's UI, for instance. */
  @Test
  void aJobThatSomebodyElseCancelsIsSaidAndRunAgain() {
    Path run = directory.resolve("cancelled");
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = training.start(run, "--iterations", 1)) {
      TrainingCluster.await(() -> TrainingCluster.committed(files, 0, Stage.ROLLOUTS) > 0);
      training.cancelWhatRuns(run);
      Ended ended = driver.await();
      assertThat(ended.status()).as(String.join("\n", ended.lines())).isEqualTo(2);
      assertThat(ended.lines())
          .last()
          .asString()
          .startsWith("capoflow: somebody has cancelled the job 'cancelled iteration 00000 [");
    }
    training.assertBeginsAlike(run, 1, training.train(run, "--iterations", 1));
  }

  @Test
  void flinkRunGivesTheSameWithTheStatusesOfTheCommand() throws Exception {
    Path files = directory.resolve("package");
    ClusterPackage.write(files, ClusterLibraries.ofThisProcess());
    Path run = directory.resolve("flink-run");
    int status =
        flinkRun(
            files, "train", training.recipe(), "--run", run, "--parallelism", 4, "--iterations", 1);
    training.assertBeginsAlike(run, 1, new Ended(status, List.of()));
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
