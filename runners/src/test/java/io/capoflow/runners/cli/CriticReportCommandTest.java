package io.capoflow.runners.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CriticReportCommandTest {
  private static final Path WEIGHTS = Path.of(System.getProperty("capoflow.home"), "weights");

  @Test
  void printsATableWithARowForEveryWayOfAskingAndVoting() {
    CliRun run =
        CliRun.of(
            "critic-report",
            "--policy",
            WEIGHTS.resolve("arithmetic-policy"),
            "--critic",
            WEIGHTS.resolve("arithmetic-critic"),
            "--problems",
            "8");

    assertThat(run.status()).isZero();
    assertThat(run.lines()).hasSize(11);
    assertThat(run.lines().get(0)).startsWith("8 rollouts, ");
    assertThat(run.lines().subList(4, 11))
        .allMatch(line -> line.matches("\\| k=[14] [a-z_]+ \\|( [01]\\.\\d{3} \\|){3}"));
  }

  @Test
  void aMissingCriticIsNamed(@TempDir Path empty) {
    CliRun run =
        CliRun.of(
            "critic-report",
            "--policy",
            WEIGHTS.resolve("arithmetic-policy"),
            "--critic",
            empty,
            "--problems",
            "1");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.errors()).contains(empty.toString()).contains("model.safetensors");
  }
}
