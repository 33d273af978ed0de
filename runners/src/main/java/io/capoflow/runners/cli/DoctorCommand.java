package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.BuildVersions;
import io.capoflow.runners.doctor.Checks;
import io.capoflow.runners.doctor.Doctor;
import io.capoflow.runners.doctor.Finding;
import io.capoflow.runners.doctor.MemoryReport;
import io.capoflow.runners.doctor.PromptReport;
import io.capoflow.runners.doctor.ServerCheck;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.runners.terminal.Terminal.Style;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.TrainingRecipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Looks at the machine and the engines, and says what is found and what is wrong. */
@Command(
    name = "doctor",
    description = {
      "Checks everything that a run needs, with a line for each: ok, warn or fail, and the cure.",
      "With a recipe it also estimates the memory that the recipe's phases take on their devices, and"
          + " tries the server of its critic.",
      "With extensions it also lists what their jars offer, and tries each.",
      "With a recipe or a model it also prints the very prompt that a problem becomes, where each file"
          + " that makes it lies, and what ends a response.",
      "Exit status: 0 all works, 1 something fails or does not fit."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  capoflow doctor",
      "  capoflow doctor --recipe recipes/arithmetic.yaml",
      "  capoflow doctor --model ../SmolLM2-135M-Instruct",
      "  capoflow doctor --extensions two-thirds.jar",
      "  capoflow doctor --recipe my.yaml --model ../Qwen2.5-1.5B --set batch.tokens=32768"
    })
final class DoctorCommand implements Callable<Integer> {
  private static final int HEALTHY = 0;
  private static final int ILL = 1;

  private final Terminal terminal;

  @Option(
      names = "--recipe",
      paramLabel = "FILE",
      description = "A training recipe whose memory is estimated.")
  private Path recipe;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description =
          "A model in place of the recipe's policy.path; without a recipe, a sample question is"
              + " shown as the model is asked it.")
  private Path model;

  @Mixin private RecipeSettingOptions overrides = new RecipeSettingOptions();

  // The command line reads it, before the command runs.
  @SuppressWarnings("UnusedVariable")
  @Mixin
  private ExtensionOptions extensions;

  DoctorCommand(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public Integer call() {
    if (recipe == null && !overrides.settings().isEmpty()) {
      throw new UserMistake("--set is for a recipe: name the recipe with --recipe");
    }
    if (model != null && recipe == null && !Files.isDirectory(model)) {
      throw new UserMistake("--model " + model + ": is no directory; name a model's");
    }
    List<Setting> settings = new ArrayList<>(overrides.settings());
    if (model != null) {
      settings.add(Setting.parse("policy.path=" + model.toAbsolutePath()));
    }
    Optional<MemoryReport> memory =
        Optional.ofNullable(recipe).map(file -> MemoryReport.of(file, settings));
    Optional<PromptReport> prompt = prompt(settings);
    List<String> versions =
        Stream.of("capoflow", "beam", "flink", "djl", "pytorch", "parquet")
            .map(component -> component + " " + BuildVersions.of(component))
            .toList();
    Path home = Path.of(System.getProperty("capoflow.home", ""));
    List<Finding> findings =
        new Doctor(
                Stream.of(
                        Checks.all(home.toAbsolutePath(), Path.of("").toAbsolutePath(), versions),
                        serverCheck(settings))
                    .flatMap(List::stream)
                    .toList())
            .examine(this::show);
    long failing = count(findings, Finding.Level.FAIL);
    terminal.line(
        failing == 0
            ? "all works, " + count(findings, Finding.Level.WARN) + " warnings"
            : failing + " of " + findings.size() + " checks fail");
    memory.ifPresent(report -> report.lines().forEach(terminal::line));
    prompt.ifPresent(report -> report.lines().forEach(terminal::line));
    boolean fits = memory.map(MemoryReport::fits).orElse(true);
    return failing == 0 && fits ? HEALTHY : ILL;
  }

  private List<Doctor.Check> serverCheck(List<Setting> settings) {
    return Optional.ofNullable(recipe)
        .map(file -> RecipeBinder.of(TrainingRecipe.class).load(file, settings).settings())
        .map(ServerCheck::of)
        .orElse(List.of());
  }

  private Optional<PromptReport> prompt(List<Setting> settings) {
    return Optional.ofNullable(recipe)
        .map(file -> PromptReport.ofRecipe(file, settings))
        .or(() -> Optional.ofNullable(model).map(PromptReport::ofModel));
  }

  private static long count(List<Finding> findings, Finding.Level level) {
    return findings.stream().filter(finding -> finding.level() == level).count();
  }

  private void show(Finding finding) {
    String label = String.format(Locale.ROOT, "%-4s", finding.level()).toLowerCase(Locale.ROOT);
    terminal.line(
        terminal.styled(label, style(finding.level()))
            + String.format(Locale.ROOT, "  %-10s  ", finding.subject())
            + Terminal.safe(finding.found()));
    finding.cure().ifPresent(cure -> terminal.line(" ".repeat(18) + "-> " + Terminal.safe(cure)));
  }

  private static Style style(Finding.Level level) {
    return switch (level) {
      case OK -> Style.GREEN;
      case WARN -> Style.YELLOW;
      case FAIL -> Style.RED;
    };
  }
}
