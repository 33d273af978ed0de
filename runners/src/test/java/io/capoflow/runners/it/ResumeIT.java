package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.pipelines.metrics.RunSummary;
import io.capoflow.runners.it.CliProcess.Ended;
import io.capoflow.schemas.Draws;
import io.capoflow.transforms.storage.Faults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that is killed goes on from its last commit, and ends with the digests of one that was left
 * alone.
 */
final class ResumeIT {
  private static final int KILLED = 137;

  @TempDir private static Path directory;
  private static Path recipe;
  private static SortedMap<String, String> undisturbed;

  @BeforeAll
  static void runUndisturbed() throws IOException {
    recipe = SmallExperiment.in(directory);
    Path run = directory.resolve("undisturbed");
    Ended ended = train(run, Map.of());
    assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
    undisturbed = digests(run);
    assertThat(undisturbed).hasSize(3 * 5 + 4);
  }

  /** The points in an order in which each is still ahead when its turn comes. */
  @Test
  void killedAtEveryNamedPointItEndsWithTheSameDigests() {
    List<String> faults =
        List.of(
            "iteration/before:1",
            "sample/inside:2",
            "sample/after-part:1",
            "sample/after-commit:1",
            "verify/inside:1",
            "verify/after-part:1",
            "verify/after-commit:2",
            "critique/inside:1",
            "critique/after-part:2",
            "critique/after-commit:1",
            "vote/inside:1",
            "vote/after-part:1",
            "vote/after-commit:1",
            "credit/inside:1",
            "credit/after-part:2",
            "credit/after-commit:1",
            "train/inside:1",
            "train/before-commit:1",
            "train/after-commit:1",
            "iteration/after:1");
    assertThat(faults.stream().map(fault -> fault.substring(0, fault.indexOf(':'))))
        .containsExactlyInAnyOrderElementsOf(Faults.names());
    Path run = directory.resolve("killed-at-points");
    for (String fault : faults) {
      Ended killed = train(run, Map.of("CAPOFLOW_FAULT", fault));
      assertThat(killed.status())
          .as(fault + "\n" + String.join("\n", killed.lines()))
          .isEqualTo(KILLED);
    }
    assertThat(train(run, Map.of()).status()).isZero();
    assertThat(digests(run)).isEqualTo(undisturbed);
  }

  @Test
  void killedAtRandomMomentsItEndsWithTheSameDigests() {
    Path run = directory.resolve("killed-at-random");
    long key = Draws.key("resume-it");
    boolean going = true;
    for (int kill = 0; going && kill < 8; kill++) {
      try (CliProcess process = start(run, Map.of())) {
        going = process.killAfter(1_500 + Draws.integer(key, kill, 6_000));
      }
    }
    assertThat(train(run, Map.of()).status()).isZero();
    assertThat(digests(run)).isEqualTo(undisturbed);
  }

  @Test
  void interruptedItEndsAfterTheCommitAndSaysHowToGoOn() {
    Path run = directory.resolve("interrupted");
    try (CliProcess process = start(run, Map.of())) {
      process.awaitLine(line -> line.startsWith("held-out, policy v00000"));
      process.interrupt();
      Ended ended = process.await();
      assertThat(ended.status()).isEqualTo(130);
      assertThat(ended.lines())
          .anyMatch(line -> line.startsWith("stopping after the current commit"))
          .endsWith("  capoflow train " + recipe + " --run " + run);
    }
    assertThat(run.resolve("summary.json")).doesNotExist();
    assertThat(train(run, Map.of()).status()).isZero();
    assertThat(digests(run)).isEqualTo(undisturbed);
  }

  @Test
  void aShorterRunIsExtendedToTheSameDigests() {
    Path run = directory.resolve("extended");
    assertThat(train(run, Map.of(), "--iterations", 1).status()).isZero();
    assertThat(digests(run)).hasSize(5 + 2);
    assertThat(train(run, Map.of()).status()).isZero();
    assertThat(digests(run)).isEqualTo(undisturbed);
  }

  @Test
  void aFinishedRunSaysSoAndDoesNothing() throws IOException {
    Path run = directory.resolve("undisturbed");
    FileTime before = Files.getLastModifiedTime(run.resolve("metrics.parquet"));
    Ended again = train(run, Map.of());
    assertThat(again.status()).isZero();
    assertThat(again.lines()).anyMatch(line -> line.contains("this run is finished"));
    assertThat(Files.getLastModifiedTime(run.resolve("metrics.parquet"))).isEqualTo(before);
    assertThat(digests(run)).isEqualTo(undisturbed);
  }

  @Test
  void anExistingRunRefusesOtherContentAndShowsTheDifference() {
    Path run = directory.resolve("undisturbed");
    Ended refused = train(run, Map.of(), "--set", "credit.w_process=0.5");
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.lines())
        .singleElement()
        .asString()
        .startsWith("capoflow: " + run)
        .contains("credit.w_process: 1");
  }

  private static Ended train(Path run, Map<String, String> environment, Object... more) {
    try (CliProcess process = start(run, environment, more)) {
      return process.await();
    }
  }

  private static CliProcess start(Path run, Map<String, String> environment, Object... more) {
    Object[] arguments = new Object[4 + more.length];
    arguments[0] = "train";
    arguments[1] = recipe;
    arguments[2] = "--run";
    arguments[3] = run;
    System.arraycopy(more, 0, arguments, 4, more.length);
    return CliProcess.start(directory, environment, arguments);
  }

  private static SortedMap<String, String> digests(Path run) {
    return RunSummary.read(run.resolve("summary.json")).digests();
  }
}
