package io.capoflow.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.Rows;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A process that works through shards is killed and started again. */
class KilledWorkerTest {
  private static final int SHARDS = 4;

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    // A shard is computed again only where its commit was not reached.
    "sample/inside:1, 5",
    "sample/after-part:3, 5",
    "sample/after-commit:2, 4",
    "sample/after-publish:2, 4",
    "train/before-commit:1, 4",
    "train/after-commit:1, 4",
  })
  void whatWasCommittedIsNeitherLostNorComputedAgain(String fault, int computations)
      throws Exception {
    work(directory.resolve("undisturbed"));

    assertThat(workUntilKilled(directory.resolve("killed"), fault)).isEqualTo(137);
    // Who opens the folder now reads nothing but what is committed.
    ShardStore<Rollout> store =
        RunDirectory.at(directory.resolve("killed")).shards(0, Stage.ROLLOUTS);
    assertThat(store.commits().stream().map(ShardCommit::part).toList())
        .containsAll(parts(store.directory()));
    work(directory.resolve("killed"));

    RunDirectory undisturbed = RunDirectory.at(directory.resolve("undisturbed"));
    RunDirectory killed = RunDirectory.at(directory.resolve("killed"));
    assertThat(killed.digests()).hasSize(2).isEqualTo(undisturbed.digests());
    assertThat(killed.rows(0, Stage.ROLLOUTS)).isEqualTo(undisturbed.rows(0, Stage.ROLLOUTS));
    assertThat(Files.readAllLines(directory.resolve("killed.computations"))).hasSize(computations);
    // A part and a commit for each shard, and the manifest: nothing is left over.
    assertThat(files(killed.stage(0, Stage.ROLLOUTS))).hasSize(2 * SHARDS + 1);
    assertThat(parts(killed.stage(0, Stage.ROLLOUTS)))
        .hasSize(SHARDS)
        .containsExactlyInAnyOrderElementsOf(
            store.commits().stream().map(ShardCommit::part).toList());
    assertThat(files(killed.policies().directory())).containsExactly("v00001");
  }

  @Test
  void everyFaultPointOfStorageIsOneThatATestCanName() {
    assertThat(Faults.names())
        .contains(
            "sample/inside",
            "sample/after-part",
            "sample/after-commit",
            "sample/after-publish",
            "critique/after-part",
            "train/inside",
            "train/before-commit",
            "train/after-commit",
            "iteration/before",
            "iteration/after")
        .doesNotHaveDuplicates();
  }

  private static int workUntilKilled(Path run, String fault) throws Exception {
    ProcessBuilder process =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            "-Dcapoflow.fault=" + fault,
            KilledWorkerTest.class.getName(),
            run.toString());
    return process
        .redirectErrorStream(true)
        .redirectOutput(run.resolveSibling("killed.log").toFile())
        .start()
        .waitFor();
  }

  /** The process that is killed. */
  public static void main(String[] arguments) {
    work(Path.of(arguments[0]));
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  /** Names that a program which opens the folder as a table, or asks for *.parquet, reads. */
  private static List<String> parts(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return List.of();
    }
    return files(folder).stream()
        .filter(name -> name.endsWith(".parquet") || !name.matches("[_.].*"))
        .toList();
  }

  /** Computes and commits the shards of one stage, then a policy version. */
  private static void work(Path root) {
    Path computations = root.resolveSibling(root.getFileName() + ".computations");
    RunDirectory run = RunDirectory.at(root);
    try (RunLock lock = run.lock()) {
      ShardStore<Rollout> store = run.shards(0, Stage.ROLLOUTS);
      for (int shard = 0; shard < SHARDS; shard++) {
        String problem = "p" + shard;
        store.computeOnce(
            shard,
            Digests.ofParts(problem),
            () -> {
              note(computations, problem);
              return List.of(Rows.rollout(0, problem, 0, "1. 74+6=80"));
            });
      }
      StageManifest.close(store, SHARDS, "settings");
      run.policies()
          .commit(
              1,
              attempt -> {
                Files.writeString(attempt.resolve("model.safetensors"), "weights");
                return TrainerState.start("v00001", "digest");
              });
    }
  }

  private static void note(Path file, String line) {
    try {
      Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
