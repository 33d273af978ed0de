package io.capoflow.pipelines.integrity;

import io.capoflow.pipelines.training.RunContent;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Locations;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What of a run could be computed again.
 *
 * @param recipe whether its recipe can be read, and the critic that it asks is there
 * @param problems whether its problems can be generated or imported again
 * @param start whether the checkpoint that it started from is still there
 */
record Mendable(boolean recipe, boolean problems, boolean start) {
  static Mendable of(Optional<TrainingRecipe> recipe, RunContent content) {
    return new Mendable(
        recipe.isPresent() && hasCritic(recipe.get()),
        recipe.isPresent() && !content.files().isEmpty() && hasProblems(recipe.get(), content),
        recipe.isPresent() && Files.isDirectory(recipe.get().policy().path()));
  }

  private static boolean hasCritic(TrainingRecipe recipe) {
    return !recipe.critique().enabled()
        || recipe.critique().server().used()
        || recipe.critique().path().stream().allMatch(Files::isDirectory);
  }

  private static boolean hasProblems(TrainingRecipe recipe, RunContent content) {
    return switch (recipe.problems().source()) {
      case ARITHMETIC -> true;
      case FILE ->
          !content.problemSources().isEmpty()
              && content.problemSources().stream().allMatch(Mendable::isUnchanged);
    };
  }

  private static boolean isUnchanged(RunContent.ProblemSource source) {
    try {
      Path file = Locations.of(source.path());
      return Files.isRegularFile(file) && Digests.ofFile(file).equals(source.sha256());
    } catch (IOException e) {
      return false;
    }
  }

  boolean restores(RunDirectory run, Path file) {
    if (!recipe || file.equals(run.run()) || file.equals(run.recipe())) {
      return false;
    }
    if (file.startsWith(run.policies().directory(0))) {
      return start;
    }
    boolean ofProblems =
        file.equals(run.rejectedProblems()) || file.startsWith(run.trainingProblems().getParent());
    return !ofProblems || problems;
  }
}
