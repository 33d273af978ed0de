package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.pipelines.training.TrainingRun;
import io.capoflow.runners.diff.RunComparison;
import io.capoflow.runners.engine.EnginePipelines;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.ExecutionSection.Runner;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RunDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same content whatever runs the dataflow, and however many threads train. */
final class RunnersAgreeIT {
  @TempDir private static Path directory;
  private static RunDirectory onFlink;

  @BeforeAll
  static void runOnFlink() throws IOException {
    onFlink = train(Runner.FLINK, 2, 2);
  }

  @ParameterizedTest
  @CsvSource({"FLINK, 1, 1", "DIRECT, 1, 4", "DIRECT, 2, 3"})
  void contentIsTheSameOnEveryRunnerAndParallelism(Runner runner, int parallelism, int workers)
      throws IOException {
    RunDirectory other = train(runner, parallelism, workers);
    assertThat(RunComparison.between(onFlink, other).first()).isEmpty();
    assertThat(other.digests()).isEqualTo(onFlink.digests()).hasSize(3 * 6 + 4);
  }

  private static RunDirectory train(Runner runner, int parallelism, int workers)
      throws IOException {
    BoundRecipe<TrainingRecipe> recipe =
        RecipeBinder.of(TrainingRecipe.class)
            .load(
                SmallExperiment.in(directory),
                List.of(
                    Setting.parse("train.workers=" + workers),
                    Setting.parse("batch.part_tokens=200")));
    Path run = directory.resolve(runner + "-" + parallelism);
    try (EnginePipelines pipelines = EnginePipelines.of(runner, parallelism)) {
      assertThat(new TrainingRun(recipe, run, pipelines, event -> {}).run()).isPresent();
    }
    return RunDirectory.at(run);
  }
}
