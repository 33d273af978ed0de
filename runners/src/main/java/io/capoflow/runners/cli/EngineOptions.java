package io.capoflow.runners.cli;

import io.capoflow.settings.binding.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Seed and engine, for every command that runs a recipe's dataflow. */
final class EngineOptions {
  @Option(names = "--seed", paramLabel = "N", description = "Key of every random draw.")
  private Optional<String> seed = Optional.empty();

  @Option(names = "--runner", paramLabel = "RUNNER", description = "Engine: flink or direct.")
  private Optional<String> runner = Optional.empty();

  @Option(
      names = "--parallelism",
      paramLabel = "P",
      description = "Slots that work at the same time.")
  private Optional<String> parallelism = Optional.empty();

  @Mixin private FlinkMasterOption flink;

  /** As settings of a recipe. */
  List<Setting> settings() {
    List<Setting> settings = new ArrayList<>();
    seed.ifPresent(value -> settings.add(new Setting("seed", value, "--seed " + value)));
    runner.ifPresent(
        value ->
            settings.add(
                new Setting(
                    "execution.runner", value.toLowerCase(Locale.ROOT), "--runner " + value)));
    parallelism.ifPresent(
        value ->
            settings.add(new Setting("execution.parallelism", value, "--parallelism " + value)));
    flink
        .master()
        .ifPresent(
            value ->
                settings.add(
                    new Setting(
                        "execution.flink_master", value, FlinkMasterOption.FLAG + " " + value)));
    return settings;
  }
}
