package io.capoflow.runners.cli;

import io.capoflow.settings.binding.Setting;
import java.util.List;
import picocli.CommandLine.Option;

/** {@code --set}, for every command that reads a recipe. */
final class RecipeSettingOptions {
  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Override a key of the recipe; may be repeated.")
  private List<String> assignments = List.of();

  /** In the order given. */
  List<Setting> settings() {
    return assignments.stream().map(Setting::parse).toList();
  }
}
