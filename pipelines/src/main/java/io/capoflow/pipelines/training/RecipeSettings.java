package io.capoflow.pipelines.training;

import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.learning.ObjectiveSettings.LossAggregation;
import io.capoflow.models.policy.Policy.SampleRequest;
import io.capoflow.models.scoring.ScoringSettings;
import io.capoflow.pipelines.evaluation.EvaluationSettings;
import io.capoflow.schemas.Keys;
import io.capoflow.settings.recipe.TrainSection;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.batch.BatchSettings.ZeroSpread;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.train.TrainingSettings;

/** What the stages take, as a recipe says it. */
final class RecipeSettings {
  private RecipeSettings() {}

  static SampleRequest sampleRequest(TrainingRecipe recipe, RunDirectory run, int iteration) {
    return new SampleRequest(
        run.root().getFileName().toString(),
        iteration,
        Keys.policyVersion(iteration),
        recipe.sample().rollouts(),
        recipe.sample().sampling().parameters(),
        recipe.sample().maxRows(),
        recipe.seed());
  }

  /**
   * What becomes of groups without spread: without a KL term one whose advantages are all 0 moves
   * nothing; a mean over tokens counts its tokens.
   */
  static ZeroSpread zeroSpread(TrainingRecipe recipe) {
    return recipe.train().klCoefficient() > 0
            || recipe.train().aggregation() == LossAggregation.TOKEN_MEAN
        ? ZeroSpread.KEEP
        : ZeroSpread.SKIP;
  }

  static TrainingSettings training(TrainingRecipe recipe) {
    TrainSection train = recipe.train();
    return new TrainingSettings(
        recipe.policy().device(),
        recipe.torch().settings(),
        train.objective(recipe.sample().sampling().temperature()),
        train.optimizer().settings(),
        recipe.batch().layout(),
        train.compute().settings(recipe.policy().dtype()),
        train.workers().parts(recipe.batch().partTokens(), recipe.batch().tokens()),
        train.learningRates(),
        recipe.lora().settings());
  }

  static EvaluationSettings evaluation(TrainingRecipe recipe) {
    return new EvaluationSettings(
        recipe.evaluate().samples(),
        new SamplingParameters(
            recipe.evaluate().temperature(), 1, recipe.sample().sampling().maxNewTokens()),
        recipe.verify().verifier(),
        recipe.verify().options(),
        recipe.critique().splitter(),
        // Measured with the same draws whatever the run's seed: seeds then differ by their training
        // alone.
        recipe.problems().seed());
  }

  /** How old and reference log-probabilities are computed: as the training step computes. */
  static ScoringSettings scoring(TrainingRecipe recipe) {
    return new ScoringSettings(
        recipe.policy().device(),
        recipe.torch().settings(),
        recipe.sample().sampling().temperature(),
        recipe.batch().layout(),
        recipe.train().compute().settings(recipe.policy().dtype()),
        recipe.batch().partTokens());
  }
}
