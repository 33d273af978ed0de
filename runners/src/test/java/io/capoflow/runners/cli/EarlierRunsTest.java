package io.capoflow.runners.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.runners.EarlierLayout;
import io.capoflow.runners.TinyRun;
import io.capoflow.transforms.storage.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that lie as earlier code laid them are shown, compared, resumed and measured. */
final class EarlierRunsTest {
  @TempDir private Path directory;
  private Path recipe;

  @BeforeEach
  void writeRecipe() throws IOException {
    recipe =
        Files.writeString(
            directory.resolve("recipe.yaml"),
            """
            problems: {train: 8, held_out: 2, per_iteration: 2}
            policy: {path: weights/arithmetic-policy, device: cpu}
            sample: {rollouts: 2, max_new_tokens: 4, shard_problems: 1}
            critique: {enabled: false}
            credit: {scheme: grpo}
            batch: {mini_batch_rollouts: 2}
            evaluate: {problems: 2, samples: 1}
            execution: {runner: direct}
            """);
  }

  @Test
  void itIsShown() throws IOException {
    TinyRun.in(directory.resolve("today")).withIteration();
    TinyRun.in(directory.resolve("earlier")).withIteration();
    Path earlier = EarlierLayout.of(directory.resolve("earlier"));

    CliRun shown = CliRun.of("show", "--run", earlier, "--critiques");

    assertThat(shown.status()).isZero();
    assertThat(shown.lines())
        .hasSizeGreaterThan(4 * 7)
        .isEqualTo(CliRun.of("show", "--run", directory.resolve("today"), "--critiques").lines());
  }

  @Test
  void itIsComparedWithOneOfTodayAndWithOneOfThen() throws IOException {
    Path today = directory.resolve("today");
    TinyRun.in(today).withPolicy(0, 2).withIteration();
    Path earlier = directory.resolve("earlier");
    TinyRun.in(earlier).withPolicy(0, 2).withIteration();
    EarlierLayout.of(earlier);
    Path other = directory.resolve("other");
    TinyRun.in(other).withPolicy(0, 2).withIteration(List.of("train-000001", "train-000003"), 0.75);
    EarlierLayout.of(other);

    for (Path run : List.of(today, earlier)) {
      assertThat(CliRun.of("diff", run, earlier).out()).isEqualTo("equal: 6 digests as recorded\n");
      assertThat(CliRun.of("diff", run, other).lines())
          .containsExactly(
              "different: iterations/00000/rollouts, row 00000/train-000002/000: only in the first"
                  + " run");
    }
  }

  @Test
  void itGoesOnWithTheSameContentAndLosesNothing() throws IOException {
    Path undisturbed = directory.resolve("undisturbed");
    train(undisturbed, 2);
    Path earlier = directory.resolve("earlier");
    train(earlier, 1);
    EarlierLayout.of(earlier);
    List<Path> before = files(earlier.resolve("iteration=00000"));
    assertThat(before).isNotEmpty();

    train(earlier, 2);

    assertThat(files(earlier.resolve("iteration=00000"))).isEqualTo(before);
    assertThat(RunDirectory.at(earlier).iteration(1))
        .isEqualTo(earlier.resolve("iterations/00001"));
    assertThat(CliRun.of("diff", undisturbed, earlier).out())
        .isEqualTo("equal: 11 digests as recorded\n");
    for (int iteration = 0; iteration < 2; iteration++) {
      assertThat(CliRun.of("show", "--run", earlier, "--iteration", iteration).lines())
          .isNotEmpty()
          .isEqualTo(CliRun.of("show", "--run", undisturbed, "--iteration", iteration).lines());
    }
    CliRun measured =
        CliRun.of(
            "evaluate",
            "--policy",
            earlier.resolve("policy/v00002"),
            "--held-out",
            2,
            "--samples",
            1);
    assertThat(measured.errors()).isEmpty();
    assertThat(measured.status()).isZero();
  }

  @Test
  void oneWhoseUpdatesComputedTheirLogProbabilitiesIsCheckedAndComparedInAllElse()
      throws IOException {
    Path today = directory.resolve("today");
    train(today, 1);
    Path earlier = directory.resolve("earlier");
    train(earlier, 1);
    EarlierLayout.withoutLogProbabilities(earlier);

    CliRun checked = CliRun.of("check", earlier);
    assertThat(checked.lines()).last().asString().startsWith("whole: ");
    assertThat(checked.status()).isZero();
    for (List<Path> runs : List.of(List.of(today, earlier), List.of(earlier, today))) {
      assertThat(CliRun.of("diff", runs.get(0), runs.get(1)).out())
          .isEqualTo(
              "equal: 5 digests as recorded; not compared, since one of them was trained without:"
                  + " iterations/00000/logprobs\n");
    }
    assertThat(CliRun.of("diff", earlier, earlier).out())
        .isEqualTo("equal: 5 digests as recorded\n");
    assertThat(CliRun.of("show", "--run", earlier).lines())
        .isNotEmpty()
        .isEqualTo(CliRun.of("show", "--run", today).lines());

    Files.delete(earlier.resolve("iterations/00000/credits/_manifest.json"));
    CliRun repaired = CliRun.of("check", earlier, "--repair");
    assertThat(repaired.lines()).last().asString().startsWith("whole: ");
    assertThat(earlier.resolve("iterations/00000/logprobs")).doesNotExist();
  }

  @Test
  void anIterationThatWasBegunThenIsFinishedWhereItLies() throws IOException {
    Path undisturbed = directory.resolve("undisturbed");
    train(undisturbed, 1);
    Path earlier = directory.resolve("earlier");
    train(earlier, 1);
    EarlierLayout.of(earlier);
    Path begun = earlier.resolve("iteration=00000");
    // As a session leaves it that was killed when half of the rollouts were sampled.
    List<Path> lost =
        Stream.of(
                files(begun.resolve("rollouts")).stream()
                    .filter(file -> file.getFileName().toString().matches("manifest.*|.*-00001.*")),
                files(begun.resolve("verdicts")).stream(),
                files(begun.resolve("logprobs")).stream(),
                files(begun.resolve("credits")).stream(),
                files(earlier.resolve("policy/v00001")).stream(),
                Stream.of(earlier.resolve("summary.json"), earlier.resolve("metrics.parquet")))
            .flatMap(files -> files)
            .toList();
    for (Path file : lost) {
      Files.delete(file);
    }
    Files.delete(earlier.resolve("policy/v00001"));
    List<Path> kept = files(begun);
    assertThat(kept).hasSize(2);

    train(earlier, 1);

    assertThat(files(begun)).containsAll(kept);
    assertThat(earlier.resolve("iterations")).doesNotExist();
    assertThat(CliRun.of("diff", undisturbed, earlier).out())
        .isEqualTo("equal: 6 digests as recorded\n");
  }

  @Test
  void aRunWhoseRecipeKnewNoNumericsGoesOnInNativeOnesAlone() throws IOException {
    Path run = directory.resolve("run");
    train(run, 1);
    Path kept = RunDirectory.at(run).recipe();
    String today = Files.readString(kept);
    assertThat(today).containsOnlyOnce("  numerics: native\n");
    Files.writeString(kept, today.replace("  numerics: native\n", ""));

    CliRun portable =
        CliRun.of(
            "train", recipe, "--run", run, "--iterations", 2, "--set", "torch.numerics=portable");
    train(run, 2);

    assertThat(portable.status()).isEqualTo(2);
    assertThat(portable.errors()).contains("torch.numerics");
    assertThat(RunDirectory.at(run).digests()).containsKey("policy/v00002");
  }

  private void train(Path run, int iterations) {
    CliRun ended = CliRun.of("train", recipe, "--run", run, "--iterations", iterations);
    assertThat(ended.errors()).isEmpty();
    assertThat(ended.status()).isZero();
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
