package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.critiques.DatasetCheck;
import io.capoflow.pipelines.critiques.DatasetDirectory;
import io.capoflow.pipelines.integrity.RunCheck;
import io.capoflow.pipelines.integrity.RunProof;
import io.capoflow.pipelines.integrity.RunRepair;
import io.capoflow.pipelines.training.TrainingRun;
import io.capoflow.runners.check.CheckReport;
import io.capoflow.runners.check.DatasetReport;
import io.capoflow.runners.engine.EnginePipelines;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.RunLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Proves a run from its bytes. */
@Command(
    name = "check",
    description = {
      "Computes every digest of a run anew from its bytes, and says what is damaged, missing or"
          + " extra, and what mends it. Changes nothing; may be run while the run goes on.",
      "Does the same for a critique dataset.",
      "Exit status: 0 whole, 1 damaged, 2 wrong use or no run."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  capoflow check runs/arithmetic-seed0",
      "  capoflow check runs/arithmetic-seed0 --json",
      "  capoflow check runs/arithmetic-seed0 --repair",
      "  capoflow check critiques"
    })
final class CheckCommand implements Callable<Integer> {
  private static final int WHOLE = 0;
  private static final int DAMAGED = 1;

  private final Terminal terminal;

  @Parameters(
      index = "0",
      paramLabel = "RUN",
      converter = LocationConverter.class,
      description = "A run directory or a dataset.")
  private Path directory;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(
      names = "--repair",
      description =
          "Compute again what is damaged or missing, and take it where its digest is the recorded"
              + " one. What is replaced goes to set-aside/ in the run.")
  private boolean repair;

  @Mixin private ExtensionOptions extensions;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Files that are read at the same time (default: one a processor).")
  private int threads = Runtime.getRuntime().availableProcessors();

  CheckCommand(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public Integer call() throws IOException {
    if (threads < 1) {
      throw new UserMistake("--threads " + threads + ": expects a number of at least 1");
    }
    if (DatasetDirectory.isOne(directory)) {
      return checkDataset();
    }
    RunDirectory run = Runs.existing(directory);
    List<String> failures = repair ? repair(run) : List.of();
    RunProof proof = check(run);
    CheckReport report = new CheckReport(proof, failures);
    if (json) {
      terminal.line(Json.ONE_LINE.writeValueAsString(report.json()));
    } else {
      report.lines(directory).forEach(line -> terminal.line(Terminal.safe(line)));
    }
    return proof.isWhole() ? WHOLE : DAMAGED;
  }

  private int checkDataset() throws IOException {
    if (repair) {
      throw new UserMistake(
          "--repair: is for runs; what is damaged in a dataset is made anew by the command that made"
              + " it, once the damaged file is deleted");
    }
    AtomicLong read = new AtomicLong();
    DatasetReport report =
        new DatasetReport(
            directory,
            new DatasetCheck(
                    directory,
                    bytes -> {
                      long megabytes = read.addAndGet(bytes) / 1_000_000;
                      if (!json) {
                        terminal.passing("check  " + megabytes + " MB");
                      }
                    })
                .look());
    if (json) {
      terminal.line(Json.ONE_LINE.writeValueAsString(report.json()));
    } else {
      report.lines().forEach(line -> terminal.line(Terminal.safe(line)));
    }
    return report.isWhole() ? WHOLE : DAMAGED;
  }

  private List<String> repair(RunDirectory run) throws IOException {
    boolean derived;
    List<String> failures;
    BoundRecipe<TrainingRecipe> recipe;
    try (RunLock lock = run.lock()) {
      RunProof proof = check(run);
      if (proof.isWhole()) {
        return List.of();
      }
      proof
          .unmendable()
          .ifPresent(
              file -> {
                throw new UserMistake(
                    "%s: no repair without it: take it from a copy of the run".formatted(file));
              });
      recipe = RecipeBinder.of(TrainingRecipe.class).read(run.recipe(), List.of());
      if (!json) {
        extensions.show(terminal);
      }
      try (EnginePipelines pipelines = pipelines(recipe)) {
        RunRepair mending = new RunRepair(proof, recipe, pipelines, this::say);
        failures = mending.repair();
        derived = mending.tookDerived();
        if (Files.isDirectory(mending.aside().directory())) {
          say("what was replaced is in " + mending.aside().directory());
        }
      }
    }
    if (derived) {
      say("figures: from the run's content");
      try {
        writeFigures(run, recipe);
      } catch (UserMistake refused) {
        return List.of(refused.getMessage());
      }
    }
    return failures;
  }

  /** A session of training that ends before it would compute an iteration. */
  private static void writeFigures(RunDirectory run, BoundRecipe<TrainingRecipe> recipe)
      throws IOException {
    try (EnginePipelines pipelines = pipelines(recipe)) {
      TrainingRun training = new TrainingRun(recipe, run.root(), pipelines, event -> {});
      training.requestStop();
      training.run();
    }
  }

  private static EnginePipelines pipelines(BoundRecipe<TrainingRecipe> recipe) {
    // The cluster that the last session ran on may be gone, and mending is little work.
    return EnginePipelines.of(
        recipe.settings().execution().runner(), recipe.settings().execution().parallelism());
  }

  private void say(String line) {
    if (!json) {
      terminal.line(Terminal.safe(line));
    }
  }

  private RunProof check(RunDirectory run) {
    return json
        ? new RunCheck(run, threads, bytes -> {}).look()
        : CheckProgress.check(terminal, run, threads);
  }
}
