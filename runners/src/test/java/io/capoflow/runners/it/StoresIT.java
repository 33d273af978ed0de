package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.runners.it.CliProcess.Ended;
import io.capoflow.transforms.filesystems.TestStore;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs that lie on HDFS and S3, inside a process; {@link MatrixIT} has them on a cluster. */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
final class StoresIT {
  @TempDir private static Path directory;
  private static Path recipe;
  private static TestStore hdfs;
  private static TestStore s3;
  private static SortedMap<String, String> undisturbed;

  @BeforeAll
  static void start() throws IOException {
    recipe = SmallExperiment.in(directory);
    hdfs = TestStore.hdfs(directory.resolve("hdfs"));
    s3 = TestStore.s3(directory.resolve("s3"));
    Path run = directory.resolve("on-disk");
    assertEndsWell(train(run));
    undisturbed = RunDirectory.at(run).digests();
  }

  @AfterAll
  static void stop() {
    if (hdfs != null) {
      hdfs.close();
    }
    if (s3 != null) {
      s3.close();
    }
  }

  @Test
  void onS3ARunIsTheSameAndIsReadAsAnyOther() {
    Path run = s3.root().resolve("runs/first");
    try (PollingReader reader = new PollingReader(run)) {
      assertEndsWell(train(run));
    }
    assertThat(RunDirectory.at(run).digests()).isEqualTo(undisturbed);
    assertEndsWell(command("check", run));
    assertEndsWell(command("diff", directory.resolve("on-disk"), run));
    assertEndsWell(command("show", "--run", run));
  }

  /** Where no operating system holds a lock. */
  @Test
  void aSecondDriverIsRefusedAndOneThatWasTakenOverWritesNothingMore() {
    Path run = hdfs.root().resolve("runs/two-drivers");
    RunDirectory files = RunDirectory.at(run);
    try (CliProcess driver = CliProcess.start(directory, Map.of(), arguments(run))) {
      TrainingCluster.await(() -> TrainingCluster.committed(files, 0, Stage.ROLLOUTS) > 0);

      Ended refused = train(run);
      assertThat(refused.status()).as(String.join("\n", refused.lines())).isEqualTo(2);
      assertThat(refused.lines())
          .last()
          .asString()
          .matches("capoflow: process \\d+ of .* on .* \\(lease 1\\) is driving " + run + ": .*");

      assertEndsWell(command("train", recipe, "--run", run, "--take-over"));

      Ended taken = driver.await();
      assertThat(taken.status()).as(String.join("\n", taken.lines())).isEqualTo(2);
      assertThat(taken.lines()).last().asString().contains(" was taken over by ");
    }
    assertThat(files.digests()).isEqualTo(undisturbed);
  }

  private static Object[] arguments(Path run) {
    return new Object[] {"train", recipe, "--run", run};
  }

  private static Ended train(Path run) {
    return command(arguments(run));
  }

  private static Ended command(Object... arguments) {
    return CliProcess.run(directory, Map.of(), arguments);
  }

  private static void assertEndsWell(Ended ended) {
    TrainingCluster.assertEndsWell(ended);
  }
}
