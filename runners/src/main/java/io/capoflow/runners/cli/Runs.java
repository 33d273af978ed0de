package io.capoflow.runners.cli;

import io.capoflow.pipelines.training.RunPrompts;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RunDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Run directories as a user names them. */
final class Runs {
  private Runs() {}

  /**
   * A run that has begun.
   *
   * @throws UserMistake when there is none
   */
  static RunDirectory existing(Path directory) {
    RunDirectory run = RunDirectory.at(directory);
    if (!Files.isDirectory(run.root())) {
      throw new UserMistake(
          directory + " is no directory; name a run, such as runs/arithmetic-seed0");
    }
    if (!Files.isRegularFile(run.recipe()) && run.iterations().isEmpty()) {
      throw new UserMistake(
          directory
              + " is no run: it has neither recipe.yaml nor iterations; name a directory that"
              + " capoflow train made");
    }
    return run;
  }

  /** A line that warns of a run whose prompts have two forms. */
  static Optional<String> promptFault(RunDirectory run) {
    try {
      return RunPrompts.fault(run)
          .map(fault -> Terminal.safe("warning: %s: %s".formatted(run.root(), fault)));
    } catch (UserMistake unreadable) {
      return Optional.of(
          Terminal.safe(
              "warning: %s: whether its prompts have one form cannot be told (%s)"
                  .formatted(run.root(), unreadable.getMessage())));
    }
  }

  /**
   * Checks that the files a recipe names exist, as far as the run still reads them: what it holds a
   * copy of, it takes from there.
   *
   * @param run that goes on, or is about to begin
   * @throws UserMistake when one is missing
   */
  static void requireFiles(BoundRecipe<TrainingRecipe> recipe, RunDirectory run) {
    Set<String> held = new HashSet<>();
    // Without its recipe it is no run: whatever lies there belongs to something else.
    if (Files.isRegularFile(run.recipe())) {
      if (Files.isRegularFile(run.trainingProblems())) {
        held.addAll(List.of("problems.file", "problems.held_out_file"));
      }
      if (run.policies().find(0).isPresent()) {
        held.add("policy.path");
      }
    }
    recipe.settings().requiredFiles().stream()
        .filter(key -> !held.contains(key))
        .forEach(recipe::requireFile);
  }
}
