package io.capoflow.benchmarks;

import io.capoflow.pipelines.metrics.MetricsFile;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.IterationMetrics;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A run of a checkout's own {@code ./capoflow train}, for measuring its iterations from outside.
 * Held-out problems are measured as little as a recipe allows: one of them, once before the first
 * iteration and once after the last.
 *
 * @param checkout whose launcher runs, and from whose folder a relative recipe is read
 * @param recipe path of the recipe, relative to the checkout or absolute
 * @param directory of the run, not there yet
 * @param settings of recipe keys
 */
record CapoflowTraining(
    Path checkout, String recipe, Path directory, int iterations, List<Setting> settings) {
  private static final List<String> LITTLE_EVALUATION =
      List.of("evaluate.problems=1", "evaluate.samples=1", "evaluate.every=0");

  /** The line of an iteration begins with its number; no other line does. */
  private static final Pattern ITERATION = Pattern.compile(" *\\d+ +[-0-9].*");

  CapoflowTraining {
    settings = List.copyOf(settings);
  }

  /** The run, which is this code's to read, whatever code writes it. */
  RunDirectory run() {
    return RunDirectory.at(directory);
  }

  /** The recipe as this code binds it. */
  TrainingRecipe bound() throws IOException {
    List<Setting> all = new ArrayList<>(settings);
    LITTLE_EVALUATION.forEach(setting -> all.add(Setting.parse(setting)));
    return RecipeBinder.of(TrainingRecipe.class, checkout)
        .load(checkout.resolve(recipe), all)
        .settings();
  }

  /**
   * Starts it; its first turn builds the checkout, too, where that is needed.
   *
   * @param messages a file for standard error
   */
  PausedProcess start(Path messages) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(checkout.resolve("capoflow").toAbsolutePath().toString());
    command.addAll(arguments());
    return new PausedProcess(
        "capoflow of " + checkout, command, Map.of("OMP_WAIT_POLICY", "PASSIVE"), messages);
  }

  /** Of the command line. */
  List<String> arguments() {
    List<String> arguments =
        new ArrayList<>(
            List.of("train", checkout.resolve(recipe).toString(), "--run", directory.toString()));
    arguments.addAll(List.of("--iterations", Integer.toString(iterations)));
    settings.forEach(
        setting -> arguments.addAll(List.of("--set", setting.key() + "=" + setting.value())));
    LITTLE_EVALUATION.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    return arguments;
  }

  /** Whether a line of standard output tells that an iteration is committed. */
  static boolean endsIteration(String line) {
    return ITERATION.matcher(line).matches();
  }

  /** Figures of an iteration by their names in metrics.parquet, once the run is at its end. */
  Map<String, Double> figures(int iteration) {
    Map<String, Double> figures = new TreeMap<>();
    for (IterationMetrics row : new MetricsFile(run().metrics(), "").rows()) {
      if (row.getIteration() == iteration) {
        figures.put(row.getName(), row.getValue());
      }
    }
    return figures;
  }

  /** Tokens of an iteration's prompts, once for each response. */
  long promptTokens(int iteration) {
    return run().rows(iteration, Stage.CREDITS).stream()
        .mapToLong(CreditedRollout::getPromptTokens)
        .sum();
  }
}
