package io.capoflow.pipelines.training;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.steps.StepSplitter;
import io.capoflow.models.steps.StepSplitters;
import io.capoflow.pipelines.evaluation.EvaluationFigures;
import io.capoflow.pipelines.metrics.IterationFigures;
import io.capoflow.pipelines.metrics.MetricsFile;
import io.capoflow.schemas.IterationMetrics;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RunAdvice;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardPlan;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.StageManifest;
import io.capoflow.transforms.storage.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Closes iterations: writes their manifests and their figures, and remembers what was measured. For
 * one thread.
 */
final class RunMetrics {
  private static final String SECONDS = "seconds_";
  private static final String EVALUATE = "evaluate";

  private final RunDirectory run;
  private final TrainingRecipe recipe;
  private final String recipeDigest;
  private final StepSplitter splitter;
  private final MetricsFile file;
  private final Consumer<String> notices;

  /**
   * Metrics of a run.
   *
   * @param notices is told of what was found damaged and is written again
   */
  RunMetrics(RunDirectory run, BoundRecipe<TrainingRecipe> bound, Consumer<String> notices) {
    this.run = run;
    this.recipe = bound.settings();
    this.recipeDigest = bound.digest();
    this.splitter = StepSplitters.named(recipe.critique().splitter());
    this.file = new MetricsFile(run.metrics(), run.root().getFileName().toString());
    this.notices = requireNonNull(notices, "notices");
  }

  /** Removes a file of figures that is none: they are all computed again from what is kept. */
  void dropDamaged() {
    if (!Files.exists(run.metrics())) {
      return;
    }
    try {
      file.rows();
    } catch (UserMistake damaged) {
      notices.accept(
          "metrics.parquet is damaged, and is written again: its figures are computed from the kept rows, the wall-clock of earlier sessions is lost");
      try {
        Files.deleteIfExists(run.metrics());
      } catch (IOException e) {
        throw new UncheckedIOException("cannot delete " + run.metrics(), e);
      }
    }
  }

  /**
   * Closes what an earlier session committed and did not live to close, or what was lost since.
   *
   * @throws UserMistake when shards of a committed iteration are lost
   */
  void completeUpTo(int committedIterations) {
    for (int iteration = 0; iteration < committedIterations; iteration++) {
      boolean measured = !figures(iteration).isEmpty();
      if (!measured || !isClosed(iteration)) {
        requireShards(iteration);
        if (measured) {
          closeStages(iteration);
        } else {
          close(iteration, OptionalDouble.empty());
        }
      }
    }
  }

  private boolean isClosed(int iteration) {
    boolean closed = true;
    for (Stage<?> stage : IterationStages.of(recipe, run)) {
      try {
        closed &= StageManifest.find(run.stage(iteration, stage)).isPresent();
      } catch (UserMistake damaged) {
        notices.accept(
            "the manifest of %s is damaged, and is written again from its commits"
                .formatted(run.stage(iteration, stage)));
        closed = false;
      }
    }
    return closed;
  }

  private void requireShards(int iteration) {
    for (Stage<?> stage : IterationStages.of(recipe, run)) {
      int committed = run.shards(iteration, stage).committed();
      if (committed < shards()) {
        throw RunAdvice.damaged(
            run.stage(iteration, stage),
            "%d of its %d shards are there".formatted(committed, shards()));
      }
    }
  }

  private int shards() {
    return ShardPlan.shards(recipe.problems().perIteration(), recipe.sample().shardProblems());
  }

  private void closeStages(int iteration) {
    for (Stage<?> stage : IterationStages.of(recipe, run)) {
      StageManifest.close(run.shards(iteration, stage), shards(), recipeDigest);
    }
  }

  /**
   * Writes the manifests and figures of a committed iteration.
   *
   * @param wallSeconds as the driver saw it; empty where it did not see all of it
   */
  void close(int iteration, OptionalDouble wallSeconds) {
    closeStages(iteration);
    TrainerState trainer = run.policies().find(iteration + 1).orElseThrow();
    Map<String, Double> figures =
        new LinkedHashMap<>(IterationFigures.of(run, iteration, splitter));
    trainer.statistics().forEach((name, value) -> figures.put(name, value));
    file.record(
        iteration,
        Keys.policyVersion(iteration),
        IterationFigures.withSeconds(
            figures, StageSeconds.of(run, iteration, wallSeconds, trainer)));
  }

  /** Figures of a closed iteration by name, without its seconds; none before it is closed. */
  Map<String, Double> figures(int iteration) {
    return select(
        iteration, name -> !name.startsWith(SECONDS) && !name.startsWith(MetricsFile.HELD_OUT));
  }

  /** Wall-clock of a closed iteration by stage, in the order of the iteration. */
  Map<String, Double> seconds(int iteration) {
    Map<String, Double> recorded = select(iteration, name -> name.startsWith(SECONDS));
    Map<String, Double> seconds = new LinkedHashMap<>();
    for (String stage : StageSeconds.STAGES) {
      Optional.ofNullable(recorded.get(SECONDS + stage))
          .ifPresent(value -> seconds.put(stage, value));
    }
    return seconds;
  }

  /** Wall-clock of all closed iterations and measurements by stage. */
  Map<String, Double> totalSeconds() {
    Map<String, Double> total = new TreeMap<>();
    for (IterationMetrics row : file.rows()) {
      String name = row.getName();
      if (name.startsWith(SECONDS)) {
        total.merge(name.substring(SECONDS.length()), row.getValue(), Double::sum);
      } else if (name.equals(MetricsFile.HELD_OUT + SECONDS + EVALUATE)) {
        total.merge(EVALUATE, row.getValue(), Double::sum);
      }
    }
    return total;
  }

  /** What was measured of a policy version, where it was. */
  Optional<EvaluationFigures> evaluation(int version) {
    Map<String, Double> recorded = select(version, name -> name.startsWith(MetricsFile.HELD_OUT));
    Map<String, Double> figures = new TreeMap<>();
    recorded.forEach(
        (name, value) -> figures.put(name.substring(MetricsFile.HELD_OUT.length()), value));
    return figures.isEmpty() ? Optional.empty() : Optional.of(EvaluationFigures.ofNamed(figures));
  }

  void addEvaluation(int version, EvaluationFigures measured, double seconds) {
    Map<String, Double> figures = new TreeMap<>(measured.named());
    figures.put(SECONDS + EVALUATE, seconds);
    file.recordHeldOut(version, Keys.policyVersion(version), figures);
  }

  private Map<String, Double> select(int iteration, Predicate<String> wanted) {
    Map<String, Double> selected = new LinkedHashMap<>();
    for (IterationMetrics row : file.rows()) {
      if (row.getIteration() == iteration && wanted.test(row.getName())) {
        selected.put(row.getName(), row.getValue());
      }
    }
    return selected;
  }
}
