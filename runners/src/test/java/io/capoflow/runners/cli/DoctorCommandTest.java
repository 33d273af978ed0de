package io.capoflow.runners.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DoctorCommandTest {
  private static final Path RECIPE =
      Path.of(System.getProperty("capoflow.home"), "recipes", "arithmetic.yaml");

  @Test
  void aRecipeThatFitsIsStatusZero() {
    CliRun run = CliRun.of("doctor", "--recipe", RECIPE);

    assertThat(run.errors()).isEmpty();
    assertThat(run.lines())
        .anySatisfy(line -> assertThat(line).startsWith("memory of " + RECIPE))
        .anySatisfy(line -> assertThat(line).startsWith("  train "))
        .anySatisfy(line -> assertThat(line).startsWith("cpu: ").endsWith(": fits"));
    assertThat(run.status()).isZero();
  }

  @Test
  void aRecipeThatDoesNotFitIsStatusOneAndNamesTheLever() {
    CliRun run =
        CliRun.of(
            "doctor",
            "--recipe",
            RECIPE,
            "--model",
            RECIPE.resolveSibling("../weights/arithmetic-critic").normalize(),
            "--set",
            "batch.part_tokens=2000000000",
            "--set",
            "batch.mini_batch_rollouts=80000000");

    assertThat(run.errors()).isEmpty();
    assertThat(run.lines())
        .anySatisfy(line -> assertThat(line).startsWith("cpu: ").endsWith(": does not fit"))
        .anySatisfy(line -> assertThat(line).startsWith("  train: lower batch.part_tokens"));
    assertThat(run.status()).isOne();
  }
}
