package io.capoflow.runners.cli;

import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.InvalidSetting;
import io.capoflow.settings.recipe.ExecutionSection;
import io.capoflow.settings.recipe.ExecutionSection.Runner;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where the dataflow of a command without a recipe runs. */
final class ExecutionOptions {
  private static final int PATIENCE_SECONDS = 300;

  @Option(
      names = "--runner",
      paramLabel = "RUNNER",
      defaultValue = "FLINK",
      description = "Engine: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Runner runner;

  @Option(
      names = "--parallelism",
      paramLabel = "P",
      defaultValue = "2",
      description = "Slots that work at the same time (default: ${DEFAULT-VALUE}).")
  private int parallelism;

  @Mixin private FlinkMasterOption flink;

  /**
   * Refuses what is no engine, before any work is done.
   *
   * @throws UserMistake when it is none
   */
  void requireValid() {
    execution();
  }

  /**
   * As a recipe would say it.
   *
   * @throws UserMistake when it is none
   */
  ExecutionSection execution() {
    if (parallelism < 1) {
      throw new UserMistake("--parallelism " + parallelism + ": expects a number of at least 1");
    }
    try {
      return new ExecutionSection(runner, parallelism, flink.master(), PATIENCE_SECONDS);
    } catch (InvalidSetting e) {
      throw new UserMistake(FlinkMasterOption.FLAG + ": " + e.getMessage(), e);
    }
  }
}
