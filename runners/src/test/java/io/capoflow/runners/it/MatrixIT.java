package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.runners.it.CliProcess.Ended;
import io.capoflow.schemas.Json;
import io.capoflow.transforms.filesystems.TestStore;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One recipe, everywhere: each engine and each loss of a process, with the run on a disk, on HDFS
 * and on S3, while a reader polls. All have the same digests. Too long for every change: {@code mvn
 * -Pmatrix verify} runs it.
 */
@Tag("matrix")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
final class MatrixIT {
  @TempDir private static Path directory;
  @AutoClose private static TestStore hdfs;
  @AutoClose private static TestStore s3;
  @AutoClose private static TrainingCluster training;

  @BeforeAll
  static void start() throws IOException {
    // Before the cluster: its processes find in their environment how to reach them.
    hdfs = TestStore.hdfs(directory.resolve("hdfs"));
    s3 = TestStore.s3(directory.resolve("s3"));
    training = new TrainingCluster(directory);
  }

  @BeforeEach
  void theClusterIsWhole() {
    training.cluster().awaitReady(progress -> {});
  }

  /** How a run comes to its end. */
  private enum Way {
    DIRECT,
    EMBEDDED_1,
    EMBEDDED_2,
    CLUSTER,
    WORKERS_KILLED,
    CLIENT_KILLED,
    JOB_MANAGER_KILLED;

    Ended run(Path run) {
      return switch (this) {
        case DIRECT -> inside(run, "--runner", "direct");
        case EMBEDDED_1 -> inside(run, "--parallelism", 1);
        case EMBEDDED_2 -> inside(run, "--parallelism", 2);
        case CLUSTER -> training.train(run);
        case WORKERS_KILLED -> workersKilled(run);
        case CLIENT_KILLED -> clientKilled(run);
        case JOB_MANAGER_KILLED -> jobManagerKilled(run);
      };
    }
  }

  static Stream<Arguments> rows() {
    return roots().flatMap(root -> Stream.of(Way.values()).map(way -> Arguments.of(way, root)));
  }

  @ParameterizedTest(name = "{0} in {1}")
  @MethodSource("rows")
  void isTheSame(Way way, Path root) {
    Path run = root.resolve("matrix-" + way);
    try (PollingReader reader = new PollingReader(run)) {
      TrainingCluster.assertEndsWell(way.run(run));
    }
    assertThat(RunDirectory.at(run).digests()).isEqualTo(training.undisturbed());
    System.out.printf(
        "%-20s %-40s %d digests, v00003 %s%n",
        way,
        root,
        training.undisturbed().size(),
        RunDirectory.at(run).digests().get("policy/v00003"));
  }

  static Stream<Path> roots() {
    return Stream.of(directory, hdfs.root(), s3.root());
  }

  @ParameterizedTest
  @MethodSource("roots")
  void measurementsAreTheSame(Path root) throws IOException {
    Object[] measured = {
      "evaluate",
      "--policy",
      SmallExperiment.home().resolve("weights/arithmetic-policy"),
      "--held-out",
      60,
      "--samples",
      2,
      "--json",
      "--output"
    };
    assertThat(json(onCluster(measured, root.resolve("measured"))))
        .isEqualTo(json(command(measured, root.resolve("measured-inside"))));
  }

  @ParameterizedTest
  @MethodSource("roots")
  void datasetsOfCritiquesAreTheSame(Path root) {
    Object[] critique = {
      "critique",
      "--rollouts",
      training.directory().resolve("undisturbed/iterations/00000/rollouts"),
      "--recipe",
      training.recipe(),
      "--output"
    };
    TrainingCluster.assertEndsWell(onCluster(critique, root.resolve("critiques")));
    TrainingCluster.assertEndsWell(command(critique, root.resolve("critiques-inside")));
    Ended compared =
        CliProcess.run(
            directory,
            Map.of(),
            "diff",
            root.resolve("critiques"),
            root.resolve("critiques-inside"));
    TrainingCluster.assertEndsWell(compared);
    assertThat(compared.lines())
        .contains("equal: rollouts, critiques, votes, dataset, as recorded");
  }

  private static Ended onCluster(Object[] arguments, Path output) {
    return command(
        arguments, output, "--parallelism", 4, "--flink-master", training.cluster().address());
  }

  private static Ended command(Object[] arguments, Object... more) {
    return CliProcess.run(
        directory, Map.of(), Stream.concat(Stream.of(arguments), Stream.of(more)).toArray());
  }

  private static JsonNode json(Ended ended) throws IOException {
    TrainingCluster.assertEndsWell(ended);
    String printed = String.join("\n", ended.lines());
    return Json.STRICT.readTree(printed.substring(printed.indexOf('{')));
  }

  private static Ended inside(Path run, String option, Object value) {
    return CliProcess.run(
        directory, Map.of(), "train", training.recipe(), "--run", run, option, value);
  }

  private static Ended workersKilled(Path run) {
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = training.start(run)) {
      TrainingCluster.await(() -> TrainingCluster.committed(files, 0, Stage.ROLLOUTS) > 0);
      training.killWorker(1);
      TrainingCluster.await(() -> TrainingCluster.committed(files, 1, Stage.CRITIQUES) > 0);
      training.killWorker(2);
      TrainingCluster.await(
          () -> TrainingCluster.committed(files, 2, Stage.CREDITS) == TrainingCluster.SHARDS);
      training.killWorker(1);
      training.killWorker(2);
      return driver.await();
    }
  }

  private static Ended clientKilled(Path run) {
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = training.start(run)) {
      TrainingCluster.await(() -> TrainingCluster.committed(files, 1, Stage.ROLLOUTS) > 0);
      driver.kill();
    }
    return training.train(run);
  }

  private static Ended jobManagerKilled(Path run) {
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = training.start(run)) {
      TrainingCluster.await(() -> TrainingCluster.committed(files, 1, Stage.ROLLOUTS) > 0);
      training.cluster().killJobManager();
      driver.awaitLine(line -> line.contains(" does not answer ("));
      training.cluster().startJobManager();
      return driver.await();
    }
  }
}
