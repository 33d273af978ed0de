package io.capoflow.pipelines.training;

import io.capoflow.models.tensor.Numerics;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RunDirectory;

/** The numerics in which a run computes: those of its recipe. */
public final class RunNumerics {
  private RunNumerics() {}

  /**
   * As the run's recipe says; native where an earlier version, which knew no others, wrote it.
   *
   * @throws io.capoflow.schemas.UserMistake when the recipe cannot be read
   */
  public static Numerics of(RunDirectory run) {
    return RecipeBinder.of(TrainingRecipe.class)
        .readKept(run.recipe())
        .settings()
        .torch()
        .numerics();
  }
}
