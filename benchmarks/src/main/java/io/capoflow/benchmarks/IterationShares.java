package io.capoflow.benchmarks;

import io.capoflow.pipelines.training.TrainingEvent.IterationFinished;
import io.capoflow.pipelines.training.TrainingRun;
import io.capoflow.runners.engine.FlinkPipelines;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.TrainingRecipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Where an iteration of the shipped recipe spends its time on embedded Flink: tokens a second of
 * each stage, and the share that Beam, Flink and Parquet take beside the models.
 *
 * <pre>{@code
 * benchmarks/run IterationShares 5
 * }</pre>
 */
public final class IterationShares {
  private IterationShares() {}

  /**
   * Prints a line an iteration and the median shares of all but the first, which warms the JVM up.
   *
   * @param arguments iterations, 5 when left out; then settings of recipe keys, {@code
   *     sample.rollouts=16}
   */
  public static void main(String[] arguments) throws IOException {
    List<Setting> settings = new ArrayList<>();
    settings.add(Setting.parse("iterations=" + (arguments.length > 0 ? arguments[0] : "5")));
    for (int i = 1; i < arguments.length; i++) {
      settings.add(Setting.parse(arguments[i]));
    }
    Path home = Path.of(System.getProperty(RecipeBinder.HOME_PROPERTY, "."));
    BoundRecipe<TrainingRecipe> recipe =
        RecipeBinder.of(TrainingRecipe.class)
            .load(home.resolve("recipes/arithmetic.yaml"), settings);
    List<IterationFinished> iterations = new ArrayList<>();
    try (FlinkPipelines flink =
        FlinkPipelines.embedded(recipe.settings().execution().parallelism())) {
      new TrainingRun(
              recipe,
              Files.createTempDirectory("iteration-shares").resolve("run"),
              flink,
              event -> {
                if (event instanceof IterationFinished finished) {
                  iterations.add(finished);
                  print(finished);
                }
              })
          .run();
    }
    System.out.printf(
        Locale.ROOT,
        "median share of the dataflow, first iteration left out: %.1f %%%n",
        100
            * Spread.of(iterations.stream().skip(1).map(IterationShares::dataflowShare).toList())
                .median());
  }

  private static void print(IterationFinished finished) {
    Map<String, Double> figures = finished.figures();
    Map<String, Double> seconds = finished.secondsByStage();
    System.out.printf(
        Locale.ROOT,
        "iteration %d: %.1f s; sampling %,.0f tokens/s, critique %,.0f, training %,.0f; dataflow %.1f s, %.1f %%%n",
        finished.iteration(),
        total(seconds),
        figures.get("sampled_tokens") / seconds.get("sample"),
        figures.getOrDefault("critic_tokens", 0.0) / Math.max(1e-9, seconds.get("critique")),
        figures.get("sampled_tokens") / seconds.get("train"),
        seconds.get("dataflow"),
        100 * dataflowShare(finished));
  }

  private static double dataflowShare(IterationFinished finished) {
    return finished.secondsByStage().get("dataflow") / total(finished.secondsByStage());
  }

  private static double total(Map<String, Double> seconds) {
    return seconds.values().stream().mapToDouble(Double::doubleValue).sum();
  }
}
