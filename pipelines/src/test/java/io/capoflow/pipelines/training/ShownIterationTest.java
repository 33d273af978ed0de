package io.capoflow.pipelines.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.critic.CriticSource;
import io.capoflow.models.policy.PolicySpec;
import io.capoflow.models.scoring.ScoredModel;
import io.capoflow.models.scoring.ScoredModels;
import io.capoflow.models.scoring.ScoringSpec;
import io.capoflow.pipelines.critics.RecipeCritics;
import io.capoflow.pipelines.fakes.ShownPipeline;
import io.capoflow.schemas.Problem;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RowCoder;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardPlan;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Create;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator sees of an iteration's settings, and that no key is among it. */
final class ShownIterationTest {
  private static final Path HOME = Path.of(System.getProperty("capoflow.home"));

  @TempDir private Path directory;

  private final TrainingRecipe recipe =
      RecipeBinder.of(TrainingRecipe.class, HOME)
          .load(
              HOME.resolve("recipes/served-critic.yaml"),
              List.of(
                  Setting.parse("critique.api_key_env=" + ShownPipeline.SECRET_VARIABLE),
                  Setting.parse(
                      "critique.headers=[\"X-Team: ${%s}\"]"
                          .formatted(ShownPipeline.SECRET_VARIABLE)),
                  Setting.parse("sample.temperature=0.85")))
          .settings();
  private final CriticSource critic = RecipeCritics.of(recipe).orElseThrow();

  @Test
  void everyTransformSaysItsSettings() {
    Map<String, String> shown = ShownPipeline.ofOurs(pipeline());

    assertThat(shown.keySet())
        .contains(
            "Iteration",
            "Iteration/SampleRollouts",
            "Iteration/VerifyAnswers",
            "Iteration/CritiqueSteps",
            "Iteration/VoteOnSteps",
            "Iteration/AssignCredit",
            "Iteration/RequireEvidence",
            "Iteration/FormBatches",
            "Iteration/ComputeLogProbabilities",
            "Iteration/TrainPolicy");
    assertThat(shown).allSatisfy((name, data) -> assertThat(data).as(name).isNotEmpty());
    assertThat(shown.get("Iteration/SampleRollouts"))
        .contains("iteration=3", "rollouts=" + recipe.sample().rollouts(), "0.85");
    assertThat(shown.get("Iteration/CritiqueSteps")).contains("critic=server:model=critic");
    assertThat(shown.get("Iteration/Keep votes")).contains("stage=vote", "shards=1");
  }

  /** Nor the name of the variable that holds the key, nor a header. */
  @Test
  void noKeyIsShownOrSent() {
    assertThat(ShownPipeline.secret()).isNotBlank();
    Pipeline pipeline = pipeline();

    assertThat(ShownPipeline.ofOurs(pipeline).values())
        .noneMatch(data -> data.contains(ShownPipeline.secret()))
        .noneMatch(data -> data.contains(ShownPipeline.SECRET_VARIABLE))
        .noneMatch(data -> data.contains("X-Team"));
    assertThat(ShownPipeline.sent(pipeline)).doesNotContain(ShownPipeline.secret());
    // What a worker is sent names the variable, and leaves its value to the worker.
    assertThat(ShownPipeline.serialized(critic))
        .contains(ShownPipeline.SECRET_VARIABLE)
        .doesNotContain(ShownPipeline.secret());
    assertThat(critic.toString()).doesNotContain(ShownPipeline.secret());
  }

  private Pipeline pipeline() {
    Path policy = recipe.policy().path();
    ScoredModel model = new ScoredModel(policy.toString(), "digest");
    Problem problem =
        Problem.newBuilder()
            .setProblemId("p")
            .setPrompt(List.of())
            .setAnswer("1")
            .setSource("s")
            .setMetadata(Map.of())
            .build();
    Pipeline pipeline = ShownPipeline.create();
    pipeline
        .apply("Problems", Create.of(problem).withCoder(RowCoder.of(Problem.class)))
        .apply(
            "Iteration",
            new TrainingIteration(
                recipe,
                RunDirectory.at(directory),
                3,
                ShardPlan.of(List.of("p"), 1),
                PolicySpec.of(policy, "v00003", "digest", "cpu"),
                Optional.of(
                    new ScoringSpec(
                        new ScoredModels(model, model, model, recipe.lora().settings(), 0),
                        ScoringSpec.Asked.BOTH,
                        RecipeSettings.scoring(recipe))),
                Optional.of(critic)));
    return pipeline;
  }
}
