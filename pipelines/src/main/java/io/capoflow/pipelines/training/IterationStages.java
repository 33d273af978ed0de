package io.capoflow.pipelines.training;

import io.capoflow.models.scoring.ScoringSpec.Asked;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Which stages an iteration keeps: that follows from the recipe. */
public final class IterationStages {
  private IterationStages() {}

  /** In the order of an iteration. */
  public static List<Stage<?>> of(TrainingRecipe recipe) {
    List<Stage<?>> stages = new ArrayList<>(Stage.ALL);
    if (!recipe.critique().enabled()) {
      stages.removeAll(List.of(Stage.CRITIQUES, Stage.VOTES));
    }
    if (logProbabilities(recipe).isEmpty()) {
      stages.remove(Stage.LOG_PROBABILITIES);
    }
    return List.copyOf(stages);
  }

  /** The same of a run that may be of earlier code, which computed log-probabilities elsewhere. */
  public static List<Stage<?>> of(TrainingRecipe recipe, RunDirectory run) {
    return keepsLogProbabilities(run)
        ? of(recipe)
        : of(recipe).stream().filter(stage -> !stage.equals(Stage.LOG_PROBABILITIES)).toList();
  }

  /** Whether the code that made a run computed log-probabilities in a stage of their own. */
  public static boolean keepsLogProbabilities(RunDirectory run) {
    return RunRecord.computation(run) >= Computation.OF_PARTS;
  }

  /** Whose log-probabilities an update needs before its first step, where it needs any. */
  static Optional<Asked> logProbabilities(TrainingRecipe recipe) {
    boolean reference = recipe.needsReferenceLogProbabilities();
    if (recipe.needsOldLogProbabilities()) {
      return Optional.of(reference ? Asked.BOTH : Asked.OLD);
    }
    return reference ? Optional.of(Asked.REFERENCE) : Optional.empty();
  }
}
