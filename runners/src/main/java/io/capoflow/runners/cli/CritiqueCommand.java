package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.datasets.rollouts.RolloutIntake;
import io.capoflow.models.tensor.Torch;
import io.capoflow.pipelines.critiques.DatasetBuild;
import io.capoflow.pipelines.critiques.DatasetDirectory;
import io.capoflow.pipelines.critiques.DatasetExports;
import io.capoflow.pipelines.critiques.DatasetForecast;
import io.capoflow.pipelines.critiques.DatasetRebuild;
import io.capoflow.pipelines.critiques.DatasetRecipes;
import io.capoflow.pipelines.critiques.RolloutSources;
import io.capoflow.pipelines.critiques.export.ExportFormat;
import io.capoflow.pipelines.critiques.export.ExportSettings;
import io.capoflow.pipelines.critiques.export.LabelExtent;
import io.capoflow.runners.diff.DatasetComparison;
import io.capoflow.runners.engine.EnginePipelines;
import io.capoflow.runners.logging.Logs;
import io.capoflow.runners.terminal.DatasetDisplay;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.schemas.Locations;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.CritiqueRecipe;
import io.capoflow.transforms.vote.VotingRules;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes a dataset of critiques of rollouts that somebody already has. */
@Command(
    name = "critique",
    description = {
      "Has critics judge every step of rollouts that you already have, and makes a dataset of it"
          + " that anyone can rebuild, extend and publish.",
      "Reads our rollouts, JSON lines, JSON and Parquet (plain or .gz) in the layouts of verl, TRL,"
          + " ProcessBench, PRM800K and others, see docs/rollout-layouts.md and docs/critique-datasets.md. Of the recipe its"
          + " critique, vote and verify parts count. Running it again goes on, or adds what is new;"
          + " nothing is paid for twice. Ctrl-C loses nothing.",
      "Exit status: 0 finished, 1 --rebuild found a difference, 2 something to mend, 130 or 143"
          + " stopped by a signal."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%n",
    footer = {
      "Examples:",
      "  capoflow critique --rollouts mine.jsonl --recipe recipes/critique-served.yaml"
          + " --output critiques",
      "  capoflow critique --rollouts recipes/running-sums.jsonl --recipe"
          + " recipes/critique-arithmetic.yaml --output sums   (no server)",
      "  capoflow critique --rollouts 'dumps/*.jsonl' --problems gsm8k.parquet --recipe r.yaml"
          + " --output out",
      "  capoflow critique --rollouts more.jsonl --output critiques      (the recipe as before)",
      "  capoflow critique --rollouts r.jsonl --recipe a.yaml --recipe b.yaml --output out"
          + "   (two critics)",
      "  capoflow critique --rollouts r.jsonl --recipe a.yaml --output out --dry-run",
      "  capoflow critique --output critiques --export trl-stepwise --license mit",
      "  capoflow critique --output critiques --rebuild"
    })
final class CritiqueCommand implements Callable<Integer>, RecipeReader {
  private static final int DONE = 0;
  private static final int DIFFERENT = 1;

  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Option(
      names = "--rollouts",
      paramLabel = "FILES",
      arity = "1..*",
      description = "Rollouts to take in: files, folders of Parquet files, and quoted globs.")
  private List<String> rollouts = List.of();

  @Option(
      names = "--recipe",
      paramLabel = "FILE",
      description =
          "How critics are asked; again for a further critic. The first says how is voted and"
              + " verified (default: as the dataset was made last).")
  private List<Path> recipes = List.of();

  @Option(
      names = "--output",
      paramLabel = "DIR",
      required = true,
      converter = LocationConverter.class,
      description = "The dataset: a new or empty directory, or one that is to grow.")
  private Path output;

  @Mixin private TakeOverOption takeOver;

  @Option(
      names = "--problems",
      paramLabel = "FILE",
      description =
          "Problems whose gold answers and solutions rows lack; found by id, or else by question.")
  private Optional<Path> problems;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Rollouts that the dataset may have in all; what is there counts.")
  private Optional<Long> limit;

  @Mixin private RejectedShareOption rejectedShare;

  @Mixin private EngineOptions engine;

  @Option(
      names = "--license",
      paramLabel = "LICENSE",
      description = "What the card names as the license, such as mit or cc-by-4.0.")
  private Optional<String> license;

  @Option(
      names = "--export",
      paramLabel = "FORMAT",
      description =
          "Writes the dataset as trainers read it: trl-stepwise, math-shepherd or sft; may be"
              + " repeated.")
  private List<String> exports = List.of();

  @Option(
      names = "--labels",
      paramLabel = "STEPS",
      defaultValue = "whole",
      description =
          "With --export: which steps are labelled, whole or until_first_error (default:"
              + " ${DEFAULT-VALUE}).")
  private String labels;

  @Option(
      names = "--export-rule",
      paramLabel = "RULE",
      description = "With --export: the voting rule that labels (default: the recipe's).")
  private Optional<String> exportRule;

  @Mixin private BudgetOptions budget;

  @Option(
      names = "--dry-run",
      description = "Reads the rollouts, prints what critiquing them would come to, and ends.")
  private boolean dryRun;

  @Option(
      names = "--rebuild",
      description =
          "Makes the dataset anew from its record, its journal and its critics in this process, and"
              + " compares it.")
  private boolean rebuild;

  @Mixin private RecipeSettingOptions set;

  @Mixin private ExtensionOptions extensions;

  CritiqueCommand(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public String keys() {
    return CritiqueRecipe.binder().help().text();
  }

  @Override
  public Integer call() throws IOException {
    rejectedShare.requireValid();
    if (limit.isPresent() && limit.get() < 1) {
      throw new UserMistake("--limit " + limit.get() + ": expects a number of at least 1");
    }
    // What is misspelt is said before anything is paid for.
    exportSettings();
    if (rebuild) {
      requireRebuildAlone();
    }
    List<BoundRecipe<CritiqueRecipe>> bound = recipes();
    requireExportRule(bound.get(0).settings().vote().rule());
    extensions.show(terminal);
    Optional<RolloutSources> sources =
        rollouts.isEmpty() ? Optional.empty() : Optional.of(sources());
    DatasetDisplay display = new DatasetDisplay(terminal);
    if (dryRun) {
      new DatasetForecast(output, bound, display).lines(sources).forEach(display::say);
      return DONE;
    }
    // While this thread is alone: engines begin others, which may read the environment.
    CritiqueRecipe first = bound.get(0).settings();
    Torch.useNumerics(first.torch().numerics());
    try (EnginePipelines pipelines = EnginePipelines.of(first.execution(), display::say)) {
      if (rebuild) {
        return rebuild(pipelines, display);
      }
      return build(bound, sources, pipelines, display);
    }
  }

  private int build(
      List<BoundRecipe<CritiqueRecipe>> bound,
      Optional<RolloutSources> sources,
      EnginePipelines pipelines,
      DatasetDisplay display) {
    DatasetBuild plain = new DatasetBuild(output, bound, pipelines, display);
    DatasetBuild build = license.map(plain::withLicense).orElse(plain);
    if (takeOver.asked()) {
      build.takeOver();
    }
    try (StopSignals signals =
        StopSignals.listen(
            status -> {
              build.requestStop();
              display.say(
                  "stopping; once more to stop at once, which loses nothing that is committed");
            },
            () -> pipelines.abandon(display::say))) {
      // A directory that cannot be used is refused before anything is written to it.
      if (Locations.isLocal(output)) {
        DatasetDirectory.at(output).lock().close();
      }
      Logs.moveInto(output, ".capoflow.log");
      Optional<DatasetBuild.Result> result = build.run(sources);
      if (result.isEmpty()) {
        sayHowToGoOn();
        return signals.status().orElseThrow();
      }
      display.close(result.get(), output);
      export(bound, display);
      return DONE;
    }
  }

  private void export(List<BoundRecipe<CritiqueRecipe>> bound, DatasetDisplay display) {
    if (!exports.isEmpty()) {
      DatasetExports writing = new DatasetExports(output, bound);
      exportSettings().forEach(settings -> display.say(writing.write(settings, display)));
    }
  }

  private List<ExportSettings> exportSettings() {
    LabelExtent extent = LabelExtent.parse(labels);
    return exports.stream()
        .map(format -> new ExportSettings(ExportFormat.parse(format), extent, exportRule))
        .toList();
  }

  /** What a rebuild would pass over in silence. */
  private void requireRebuildAlone() {
    if (!(rollouts.isEmpty() && recipes.isEmpty())) {
      throw new UserMistake(
          "--rebuild: takes rollouts and recipes from the dataset; leave --rollouts and --recipe out");
    }
    if (!exports.isEmpty() || license.isPresent() || dryRun) {
      throw new UserMistake(
          "--rebuild: changes nothing of the dataset; leave --export, --license and --dry-run out");
    }
    if (!DatasetDirectory.isOne(output)) {
      throw new UserMistake(
          "--rebuild: %s is no critique dataset: it has no dataset.json".formatted(output));
    }
  }

  private void requireExportRule(String ofRecipe) {
    if (exportRule.isPresent()
        && !exportRule.get().equals(ofRecipe)
        && !VotingRules.OF_SAMPLED.contains(exportRule.get())) {
      throw new UserMistake(
          "--export-rule %s: a dataset has no labels by it; name one of %s"
              .formatted(exportRule.get(), String.join(", ", VotingRules.OF_SAMPLED)));
    }
  }

  private int rebuild(EnginePipelines pipelines, DatasetDisplay display) {
    DatasetDirectory directory = DatasetDirectory.at(output);
    try (DatasetRebuild rebuilding = new DatasetRebuild(output, pipelines, display)) {
      Path anew = rebuilding.run(file -> kept(file, directory));
      DatasetComparison.Result result = DatasetComparison.between(output, anew).result();
      if (result.first().isPresent()) {
        DifferenceLines.of(result.first().get(), output, anew).forEach(terminal::line);
        return DIFFERENT;
      }
      rebuilding.delete();
      terminal.line("equal: " + String.join(", ", result.equal()) + ", made anew");
      return DONE;
    }
  }

  private void sayHowToGoOn() {
    terminal.line(
        "stopped; all that is committed or paid for is in "
            + Terminal.safe(output.toString())
            + "; go on with");
    terminal.line(
        "  capoflow "
            + Terminal.safe(
                ShellWords.join(spec.root().commandLine().getParseResult().originalArgs())));
  }

  private RolloutSources sources() {
    return new RolloutSources(
        RolloutIntake.files(rollouts),
        problems,
        limit.map(OptionalLong::of).orElse(OptionalLong.empty()),
        rejectedShare.share());
  }

  private List<BoundRecipe<CritiqueRecipe>> recipes() {
    DatasetDirectory directory = DatasetDirectory.at(output);
    return recipes.isEmpty()
        ? DatasetRecipes.last(directory).stream().map(file -> kept(file, directory)).toList()
        : recipes.stream()
            .map(file -> CritiqueRecipe.binder().load(file, settings(directory)))
            .toList();
  }

  /** One that came with the dataset, and with it from whoever made that. */
  private BoundRecipe<CritiqueRecipe> kept(Path file, DatasetDirectory directory) {
    return CritiqueRecipe.binder().withoutJars().load(file, settings(directory));
  }

  /** Later ones win: flags after {@code --set}, and the dataset's own journal in any case. */
  private List<Setting> settings(DatasetDirectory directory) {
    List<Setting> settings = new ArrayList<>(set.settings());
    settings.addAll(engine.settings());
    settings.addAll(budget.settings());
    settings.add(Setting.file("critique.journal", directory.journal(), "--output " + output));
    return settings;
  }
}
