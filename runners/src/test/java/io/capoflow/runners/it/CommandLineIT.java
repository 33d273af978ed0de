package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.runners.it.CliProcess.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line as a process: status, lines, and nothing from the libraries among them. */
final class CommandLineIT {
  @TempDir private Path directory;

  @Test
  void theVersionIsOneLine() {
    Ended ended = run("--version");
    assertThat(ended.status()).isZero();
    assertThat(ended.lines()).singleElement().asString().startsWith("capoflow ");
  }

  @Test
  void aMistakeIsOneLineAndStatusTwo() {
    Ended ended = run("train", "nowhere.yaml");
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.lines()).singleElement().asString().startsWith("capoflow: nowhere.yaml");
  }

  @Test
  void aRunDirectoryThatCannotBeWrittenIsOneLineAndStatusTwo() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "in the way");
    Ended ended = run("train", SmallExperiment.in(directory), "--run", file.resolve("run"));
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.lines())
        .singleElement()
        .asString()
        .startsWith("capoflow: the run directory " + file.resolve("run") + " cannot be made");
  }

  @Test
  void theDoctorFindsAllWellAndNoLibrarySpeaks() {
    Ended ended = run("doctor");
    assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
    assertThat(ended.lines()).allMatch(line -> line.matches("(ok  |warn)  .*| +-> .*|all works.*"));
    assertThat(directory.resolve(".cache/capoflow/capoflow.log")).isNotEmptyFile();
  }

  @Test
  void thePolicyThatShipsIsMeasuredAsJson() {
    Ended ended =
        run(
            "evaluate",
            "--policy",
            SmallExperiment.home().resolve("weights/arithmetic-policy"),
            "--held-out",
            25,
            "--samples",
            1,
            "--json");
    assertThat(ended.status()).isZero();
    assertThat(ended.lines())
        .singleElement()
        .asString()
        .startsWith("{\"accuracy\":")
        .contains(
            "\"pass_rate\":",
            "\"problems\":25",
            "\"greedy_step_correctness\":",
            "\"sampled_step_correctness\":");
  }

  @Test
  void aWarmStartWritesACheckpointThatCanBeMeasured() {
    Path model = directory.resolve("model");
    Ended taught =
        run(
            "sft",
            SmallExperiment.home().resolve("recipes/sft-arithmetic-policy.yaml"),
            "--output",
            model,
            "--set",
            "train.steps=3",
            "--set",
            "train.warmup_steps=1");
    assertThat(taught.status()).as(String.join("\n", taught.lines())).isZero();
    assertThat(taught.lines()).hasSize(4).last().isEqualTo("written to " + model);
    assertThat(run("evaluate", "--policy", model, "--held-out", 2, "--samples", 1).status())
        .isZero();
  }

  private Ended run(Object... arguments) {
    return CliProcess.run(directory, Map.of(), arguments);
  }
}
