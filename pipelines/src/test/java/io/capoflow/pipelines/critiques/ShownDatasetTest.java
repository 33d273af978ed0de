package io.capoflow.pipelines.critiques;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.pipelines.fakes.ShownPipeline;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.CritiqueRecipe;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.beam.sdk.Pipeline;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator sees of a dataset's settings, and that no key is among it. */
final class ShownDatasetTest {
  private static final Path HOME = Path.of(System.getProperty("capoflow.home"));

  @TempDir private Path folder;

  @Test
  void everyTransformSaysItsSettingsAndNoKey() {
    DatasetDirectory directory = DatasetDirectory.at(folder);
    Edition edition =
        Edition.of(List.of(recipe("small"), recipe("large")), DatasetRecord.of(directory));
    Pipeline pipeline = ShownPipeline.create();
    pipeline.apply(
        "Dataset",
        new CritiqueDataset(directory, new Addition(64, 0, 2, 0, 1, "", List.of()), edition));

    Map<String, String> shown = ShownPipeline.ofOurs(pipeline);
    assertThat(shown.keySet())
        .contains("Dataset", "Dataset/ReadRollouts", "Dataset/VerifyAnswers")
        .contains("Dataset/VoteOnSteps all", "Dataset/DescribeRollouts", "Dataset/Keep dataset");
    assertThat(shown)
        .allSatisfy(
            (name, data) ->
                assertThat(data)
                    .as(name)
                    .isNotEmpty()
                    .doesNotContain(ShownPipeline.secret())
                    .doesNotContain(ShownPipeline.SECRET_VARIABLE));
    assertThat(ShownPipeline.sent(pipeline)).doesNotContain(ShownPipeline.secret());
    assertThat(edition.critics())
        .allSatisfy(
            critic ->
                assertThat(ShownPipeline.serialized(critic.source()))
                    .contains(ShownPipeline.SECRET_VARIABLE)
                    .doesNotContain(ShownPipeline.secret()));
  }

  private static BoundRecipe<CritiqueRecipe> recipe(String model) {
    return RecipeBinder.of(CritiqueRecipe.class, HOME)
        .load(
            HOME.resolve("recipes/critique-served.yaml"),
            Stream.of(
                    "critique.api_key_env=" + ShownPipeline.SECRET_VARIABLE,
                    "critique.model=" + model)
                .map(Setting::parse)
                .toList());
  }
}
