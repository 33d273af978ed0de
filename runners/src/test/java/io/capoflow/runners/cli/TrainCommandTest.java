package io.capoflow.runners.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.transforms.storage.RunDirectory;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run of few tokens whose problems and policy lie where a user may clean up. */
final class TrainCommandTest {
  private static final Path HOME = Path.of(System.getProperty(RecipeBinder.HOME_PROPERTY));

  @TempDir private Path directory;
  private Path recipe;
  private Path policy;
  private Path problems;
  private Path run;

  @BeforeEach
  void writeSources() throws IOException {
    policy = Files.createDirectory(directory.resolve("policy"));
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(HOME.resolve("weights/arithmetic-policy"))) {
      for (Path file : files) {
        Files.copy(file, policy.resolve(file.getFileName()));
      }
    }
    problems = directory.resolve("problems.parquet");
    CliRun.of("problems", "generate", "--count", 6, "--output", problems);
    run = directory.resolve("run");
    recipe =
        Files.writeString(
            directory.resolve("recipe.yaml"),
            """
            problems:
              source: file
              file: ./problems.parquet
              held_out: 2
              per_iteration: 2
            policy:
              path: ./policy
              device: cpu
            sample:
              rollouts: 2
              max_new_tokens: 4
            critique:
              enabled: false
            credit:
              scheme: grpo
            batch:
              mini_batch_rollouts: 2
            execution:
              runner: direct
            """);
  }

  @Test
  void aRunGoesOnAfterItsSourcesAreDeleted() throws IOException {
    assertThat(train(1)).isEqualTo(new Ended(0, ""));
    deletePolicy();
    Files.delete(problems);
    assertThat(train(2)).isEqualTo(new Ended(0, ""));
    assertThat(RunDirectory.at(run).digests())
        .containsOnlyKeys(
            "iterations/00000/credits",
            "iterations/00000/logprobs",
            "iterations/00000/rollouts",
            "iterations/00000/verdicts",
            "iterations/00001/credits",
            "iterations/00001/logprobs",
            "iterations/00001/rollouts",
            "iterations/00001/verdicts",
            "policy/v00000",
            "policy/v00001",
            "policy/v00002");
  }

  @Test
  void aRunThatHoldsNoCopyYetNeedsItsSources() throws IOException {
    Files.delete(problems);
    assertThat(train(1))
        .isEqualTo(
            new Ended(
                2,
                "capoflow: "
                    + recipe
                    + ":3: problems.file: there is no "
                    + problems
                    + "; plain paths start at "
                    + HOME.toAbsolutePath().normalize()
                    + ", those with ./ or ../ at the recipe\n"));
    assertThat(run).doesNotExist();
  }

  @Test
  void whatAnExistingRunReadsInPlaceIsStillNeeded() {
    assertThat(train(0)).isEqualTo(new Ended(0, ""));
    Ended refused =
        train(1, "--set", "reference.path=nowhere", "--set", "train.kl_coefficient=0.5");
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.errors())
        .startsWith("capoflow: --set reference.path=nowhere: reference.path: there is no ");
  }

  private record Ended(int status, String errors) {}

  private Ended train(int iterations, String... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("train", recipe, "--run", run, "--iterations", iterations));
    arguments.addAll(List.of(more));
    CliRun ended = CliRun.of(arguments.toArray());
    return new Ended(ended.status(), ended.errors());
  }

  private void deletePolicy() throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(policy)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(policy);
  }
}
