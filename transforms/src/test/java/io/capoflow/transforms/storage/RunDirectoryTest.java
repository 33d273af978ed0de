package io.capoflow.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.Rows;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {
  @TempDir Path root;

  @Test
  void onlyOneDriverHoldsARunDirectory() {
    RunDirectory run = RunDirectory.at(root.resolve("run"));
    try (RunLock first = run.lock()) {
      assertThatThrownBy(run::lock)
          .isInstanceOf(UserMistake.class)
          .hasMessageContaining("another process is driving");
      // A failed second attempt must not have dropped the first one's lock.
      assertThatThrownBy(run::lock).isInstanceOf(UserMistake.class);
    }
    run.lock().close();
  }

  @Test
  void killedDriverLeavesNoLock() throws Exception {
    RunDirectory run = RunDirectory.at(root.resolve("run"));
    Process driver =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                run.root().toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output =
        new BufferedReader(
            new InputStreamReader(driver.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(output.readLine()).isEqualTo("locked");
      assertThatThrownBy(run::lock).isInstanceOf(UserMistake.class);
    } finally {
      driver.destroyForcibly().waitFor();
    }
    run.lock().close();
  }

  /** Another process that drives a run until it is killed. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws Exception {
      try (RunLock lock = RunDirectory.at(Path.of(arguments[0])).lock()) {
        System.out.println("locked");
        Thread.currentThread().join();
      }
    }
  }

  @Test
  void theNextDriverDeletesWhatAKilledRepairLeft() throws Exception {
    RunDirectory run = RunDirectory.at(root.resolve("run"));
    Path left = Files.createDirectories(run.root().resolve(".repair/run/iterations/00000"));
    Files.writeString(left.resolve("row"), "kept by nobody");

    run.lock().close();

    assertThat(run.root().resolve(".repair")).doesNotExist();
  }

  @Test
  void whatARepairComputesLiesInTheRunThatItMends() throws Exception {
    RunDirectory run = RunDirectory.at(root.resolve("run"));
    Files.createDirectories(run.root().resolve("iterations"));
    Path stage =
        Files.createDirectories(run.root().resolve(".repair/run/iterations/00000/rollouts"));

    assertThat(RunDirectory.holding(stage.resolve("_manifest.json")))
        .map(RunDirectory::root)
        .contains(run.root());
  }

  @Test
  void unusableDirectoryIsTheUsersMistake() throws Exception {
    Path file = Files.writeString(root.resolve("file"), "not a directory");

    assertThatThrownBy(() -> RunDirectory.at(file).lock())
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("--run");
  }

  @Test
  void iterationsOfEarlierCodeAreFoundWhereTheyLieAndGoOnThere() throws Exception {
    RunDirectory run = RunDirectory.at(root);
    Files.createDirectories(root.resolve("iteration=00000"));
    Files.createDirectories(root.resolve("iteration=00002"));
    Files.createDirectories(run.stage(1, Stage.ROLLOUTS));
    Files.createDirectories(run.stage(2, Stage.ROLLOUTS));
    Files.createDirectories(run.stage(100_000, Stage.ROLLOUTS));
    Files.createDirectories(root.resolve("iterations/mine"));
    Files.createDirectories(root.resolve("00007"));

    assertThat(run.iterations()).containsExactly(0, 1, 2, 100_000);
    assertThat(run.iteration(0)).isEqualTo(run.root().resolve("iteration=00000"));
    assertThat(run.iteration(1)).isEqualTo(run.root().resolve("iterations/00001"));
    assertThat(root.resolve("iteration=00002/rollouts")).isDirectory();
    assertThat(run.iteration(3)).isEqualTo(run.root().resolve("iterations/00003"));
  }

  @Test
  void digestsNameWhatIsCompleteAndNothingElse() {
    RunDirectory run = RunDirectory.at(root);
    List<Rollout> rows = List.of(Rows.rollout(0, "a", 0, "x"));
    run.shards(0, Stage.ROLLOUTS).commit(0, Digests.ofParts("k"), rows);
    StageManifest.close(run.shards(0, Stage.ROLLOUTS), 1, "settings");
    run.shards(0, Stage.VERDICTS)
        .commit(0, Digests.ofParts("k"), List.of(Rows.verdict(0, "a", 0, 1)));
    run.policies().commit(0, directory -> TrainerState.start("v00000", "d0"));

    assertThat(run.digests())
        .isEqualTo(
            Map.of("iterations/00000/rollouts", Digests.ofRows(rows), "policy/v00000", "d0"));
    assertThat(run.rows(0, Stage.ROLLOUTS)).isEqualTo(rows);
    assertThatThrownBy(() -> run.rows(0, Stage.VERDICTS))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("not complete");
  }

  @Test
  void agreedDigestsNameWhatItsOwnCommitsBearOut() throws Exception {
    RunDirectory run = RunDirectory.at(root);
    String measured = "evaluation/v00000/greedy/rollouts";
    List<Rollout> rows = List.of(Rows.rollout(0, "a", 0, "x"));
    String key = Digests.ofParts("k");
    for (ShardStore<Rollout> store :
        List.of(
            run.shards(0, Stage.ROLLOUTS),
            run.shards(1, Stage.ROLLOUTS),
            new ShardStore<>(root.resolve(measured), Stage.ROLLOUTS))) {
      store.commit(0, key, rows);
      StageManifest.close(store, 1, "settings");
    }
    run.policies().commit(0, directory -> TrainerState.start("v00000", "d0"));
    Path manifest = run.stage(1, Stage.ROLLOUTS).resolve("_manifest.json");
    String digest = Digests.ofRows(rows);

    assertThat(run.agreedDigests(name -> true))
        .isEqualTo(
            Map.of(
                "iterations/00000/rollouts",
                digest,
                "iterations/00001/rollouts",
                digest,
                measured,
                digest,
                "policy/v00000",
                "d0"));

    // As older code wrote it, which kept no checksum: its commits alone can tell.
    StageManifest written = StageManifest.find(manifest.getParent()).orElseThrow();
    JsonFiles.write(
        manifest,
        Map.of(
            "stage", written.stage(),
            "rows", written.rows(),
            "digest", Digests.ofParts("another"),
            "schema", written.schema(),
            "settings", written.settings(),
            "seconds", written.seconds(),
            "shards", written.shards()));
    Files.delete(StageFiles.commit(root.resolve(measured), 0, key));

    assertThat(run.agreedDigests(name -> true))
        .isEqualTo(Map.of("iterations/00000/rollouts", digest, "policy/v00000", "d0"));
    assertThat(run.agreedDigests(name -> name.startsWith("policy/")))
        .isEqualTo(Map.of("policy/v00000", "d0"));
  }
}
