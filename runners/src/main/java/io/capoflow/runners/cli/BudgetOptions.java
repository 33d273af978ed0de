package io.capoflow.runners.cli;

import io.capoflow.settings.binding.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What critics behind a server may use, for every command that asks them. */
final class BudgetOptions {
  @Option(
      names = "--budget-tokens",
      paramLabel = "N",
      description =
          "Tokens, read and written, that critics behind a server may use in this session; it then"
              + " stops and can go on.")
  private Optional<String> tokens = Optional.empty();

  @Option(
      names = "--budget-cost",
      paramLabel = "X",
      description = "The same for what they cost, by the recipe's prices.")
  private Optional<String> cost = Optional.empty();

  /** As settings of a recipe. */
  List<Setting> settings() {
    List<Setting> settings = new ArrayList<>();
    tokens.ifPresent(
        value ->
            settings.add(new Setting("critique.budget_tokens", value, "--budget-tokens " + value)));
    cost.ifPresent(
        value ->
            settings.add(new Setting("critique.budget_cost", value, "--budget-cost " + value)));
    return settings;
  }
}
