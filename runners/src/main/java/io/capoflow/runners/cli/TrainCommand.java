package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.tensor.Torch;
import io.capoflow.pipelines.metrics.RunSummary;
import io.capoflow.pipelines.training.CriticForecast;
import io.capoflow.pipelines.training.TrainingEvent;
import io.capoflow.pipelines.training.TrainingRun;
import io.capoflow.runners.engine.EnginePipelines;
import io.capoflow.runners.logging.Logs;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.runners.terminal.TrainingDisplay;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RunDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The main job: trains a policy as a recipe says. */
@Command(
    name = "train",
    description = {
      "Trains a policy as a recipe says, or goes on with a run that was stopped, from its last"
          + " commit. Ctrl-C ends after the current commit.",
      "Exit status: 0 finished, 2 something to mend, 130 or 143 stopped by a signal."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%n",
    footer = {
      "Examples:",
      "  capoflow train recipes/arithmetic.yaml",
      "  capoflow train recipes/arithmetic.yaml --seed 1 --parallelism 4",
      "  capoflow train recipes/arithmetic.yaml --set credit.w_process=0.5 --run runs/half",
      "  capoflow train recipes/arithmetic.yaml --iterations 20     (extends the first run)",
      "  capoflow train served.yaml --dry-run                       (calls of critics, tokens, cost)",
      "  capoflow train served.yaml --budget-cost 20                (stops there, and can go on)",
      "  capoflow train mine.yaml --extensions two-thirds.jar      (vote: {rule: two_thirds})"
    })
final class TrainCommand implements Callable<Integer>, RecipeReader {
  private static final int DONE = 0;

  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "RECIPE", description = "A YAML file.")
  private Path recipe;

  @Option(
      names = "--run",
      paramLabel = "DIR",
      converter = LocationConverter.class,
      description =
          "Run directory, also hdfs://HOST:PORT/… or s3a://BUCKET/… (default: runs/NAME-seedN).")
  private Optional<Path> run;

  @Mixin private TakeOverOption takeOver;

  @Mixin private EngineOptions engine;

  @Option(names = "--iterations", paramLabel = "N", description = "Iterations in all.")
  private Optional<String> iterations;

  @Option(
      names = "--problems",
      paramLabel = "FILE",
      description = "Train on these: our Parquet, GSM8K JSON lines, or another known layout.")
  private Optional<Path> problems;

  @Mixin private BudgetOptions budget;

  @Option(
      names = "--dry-run",
      description = "Prints what the critics' calls would come to, at most, and ends.")
  private boolean dryRun;

  @Mixin private RecipeSettingOptions set;

  @Mixin private ExtensionOptions extensions;

  TrainCommand(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public String keys() {
    return RecipeBinder.of(TrainingRecipe.class).help().text();
  }

  @Override
  public Integer call() throws IOException {
    BoundRecipe<TrainingRecipe> bound =
        RecipeBinder.of(TrainingRecipe.class).read(recipe, settings());
    extensions.show(terminal);
    TrainingRecipe settings = bound.settings();
    Path directory =
        run.orElseGet(() -> Path.of("runs", settings.name() + "-seed" + settings.seed()));
    Runs.requireFiles(bound, RunDirectory.at(directory));
    if (dryRun) {
      CriticForecast.of(settings, RunDirectory.at(directory)).lines().forEach(terminal::line);
      return DONE;
    }
    // While this thread is alone: engines begin others, which may read the environment.
    Torch.useNumerics(settings.torch().numerics());
    TrainingDisplay display = new TrainingDisplay(terminal);
    try (EnginePipelines pipelines = EnginePipelines.of(settings.execution(), display::note)) {
      TrainingRun training =
          new TrainingRun(bound, directory, pipelines, event -> observe(event, display));
      if (takeOver.asked()) {
        training.takeOver();
      }
      try (StopSignals signals =
          StopSignals.listen(
              status -> {
                training.requestStop();
                display.note(
                    "stopping after the current commit; once more to stop at once, which loses"
                        + " nothing that is committed");
              },
              () -> pipelines.abandon(display::note))) {
        Optional<RunSummary> summary = training.run();
        summary.ifPresentOrElse(
            figures -> new ClosingSummary(terminal, recipe, directory).print(figures),
            () -> sayHowToGoOn(directory));
        return summary.isPresent() ? DONE : signals.status().orElseThrow();
      }
    }
  }

  /** From now on the run's own directory holds the log. */
  private static void observe(TrainingEvent event, TrainingDisplay display) {
    if (event instanceof TrainingEvent.Opened opened) {
      Logs.moveInto(opened.directory(), "capoflow.log");
    }
    display.observe(event);
  }

  private void sayHowToGoOn(Path directory) {
    terminal.line(
        "stopped; all that is committed is in "
            + Terminal.safe(directory.toString())
            + "; go on with");
    terminal.line(
        "  capoflow "
            + Terminal.safe(
                ShellWords.join(spec.root().commandLine().getParseResult().originalArgs())));
  }

  /** Later ones win: flags after {@code --set}. */
  private List<Setting> settings() {
    List<Setting> settings = new ArrayList<>(set.settings());
    settings.addAll(engine.settings());
    iterations.ifPresent(
        value -> settings.add(new Setting("iterations", value, "--iterations " + value)));
    settings.addAll(budget.settings());
    problems.ifPresent(
        file -> {
          settings.add(new Setting("problems.source", "file", "--problems " + file));
          settings.add(Setting.file("problems.file", file, "--problems " + file));
        });
    return settings;
  }
}
