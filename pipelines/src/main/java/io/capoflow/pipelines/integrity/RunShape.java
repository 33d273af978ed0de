package io.capoflow.pipelines.integrity;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.metrics.MetricsFile;
import io.capoflow.pipelines.metrics.RunSummary;
import io.capoflow.pipelines.training.IterationStages;
import io.capoflow.pipelines.training.RunContent;
import io.capoflow.schemas.IterationMetrics;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * What should be in a run directory, by everything in it that says so: what its record lists as
 * complete, its summary, its figures, and what is there. So what is deleted is missed.
 */
final class RunShape {
  private static final Pattern POLICY = Pattern.compile("policy/v(\\d{5,9})");
  private static final Pattern ITERATION = Pattern.compile("iterations/(\\d{5,9})/\\w+");
  private static final Pattern EVALUATION = Pattern.compile("evaluation/v(\\d{5,9})/\\w+/\\w+");

  private final RunDirectory run;
  private final Optional<TrainingRecipe> recipe;
  private final RunContent content;
  private final Optional<RunSummary> summary;
  private final Set<Integer> withFigures = new HashSet<>();
  private final Set<Integer> measured = new HashSet<>();

  RunShape(
      RunDirectory run,
      Optional<TrainingRecipe> recipe,
      RunContent content,
      Optional<RunSummary> summary,
      List<IterationMetrics> metrics) {
    this.run = requireNonNull(run, "run");
    this.recipe = requireNonNull(recipe, "recipe");
    this.content = requireNonNull(content, "content");
    this.summary = requireNonNull(summary, "summary");
    for (IterationMetrics row : metrics) {
      (row.getName().startsWith(MetricsFile.HELD_OUT) ? measured : withFigures)
          .add(row.getIteration());
    }
  }

  /** Iterations that should be there or have begun, ascending. */
  SortedSet<Integer> iterations() {
    SortedSet<Integer> iterations = recorded(ITERATION);
    iterations.addAll(run.iterations());
    IntStream.range(0, committed()).forEach(iterations::add);
    return iterations;
  }

  /** Policy versions that should be there, ascending. */
  SortedSet<Integer> versions() {
    SortedSet<Integer> versions = new TreeSet<>();
    if (hasBegun()) {
      IntStream.rangeClosed(0, committed()).forEach(versions::add);
    }
    return versions;
  }

  /** A run is recorded before its problems and its starting policy are there. */
  boolean hasBegun() {
    return committed() > 0
        || run.policies().find(0).isPresent()
        || !content.files().isEmpty()
        || !iterations().isEmpty()
        || !run.evaluations().isEmpty();
  }

  /** Versions that were measured or are being measured, ascending. */
  SortedSet<Integer> evaluations() {
    SortedSet<Integer> evaluations = recorded(EVALUATION);
    evaluations.addAll(run.evaluations());
    evaluations.addAll(measured);
    return evaluations;
  }

  /** Iterations whose policy was committed, so that the run went on from them. */
  int committed() {
    OptionalInt recorded = recorded(POLICY).stream().mapToInt(Integer::intValue).max();
    int there = run.policies().folders().stream().mapToInt(Integer::intValue).max().orElse(0);
    int summarised = summary.map(RunSummary::iterations).orElse(0);
    int figured = withFigures.stream().mapToInt(iteration -> iteration + 1).max().orElse(0);
    return Math.max(Math.max(recorded.orElse(0), there), Math.max(summarised, figured));
  }

  /** The stages of an iteration: those that the recipe asks for. */
  List<Stage<?>> stages() {
    return recipe.map(settings -> IterationStages.of(settings, run)).orElse(List.copyOf(Stage.ALL));
  }

  /** Whether a stage of an iteration must be complete. */
  boolean isClosed(int iteration, Stage<?> stage) {
    return content.digests().isEmpty()
        ? iteration < committed() && (isFinished() || withFigures.contains(iteration))
        : content.digests().containsKey(RunDirectory.digestName(iteration, stage));
  }

  /** Whether a stage of a measurement must be complete. */
  boolean isClosed(int version, String name) {
    return content.digests().isEmpty()
        ? measured.contains(version)
        : content.digests().containsKey(name);
  }

  /** What the run recorded of its content. */
  RunContent content() {
    return content;
  }

  /** Whether the run came to its end, and has not been extended since. */
  boolean isFinished() {
    return summary.stream().anyMatch(closing -> closing.iterations() >= run.iterations().size());
  }

  /** Whether the last policy that the recipe asks for was measured: then a summary is written. */
  boolean isMeasuredToItsEnd() {
    return recipe.isPresent() && recorded(EVALUATION).contains(recipe.get().iterations());
  }

  private SortedSet<Integer> recorded(Pattern name) {
    SortedSet<Integer> numbers = new TreeSet<>();
    for (String digest : content.digests().keySet()) {
      Matcher matcher = name.matcher(digest);
      if (matcher.matches()) {
        numbers.add(Integer.parseInt(matcher.group(1)));
      }
    }
    return numbers;
  }

  /** The digest that is recorded under a name apart from what it is of. */
  Optional<String> recordedDigest(String name) {
    return Optional.ofNullable(content.digests().get(name))
        .or(() -> summary.map(closing -> closing.digests().get(name)))
        .or(() -> summary.map(closing -> closing.digests().get(earlier(name))));
  }

  /** Whether a file is of an iteration or a measurement that is not complete yet. */
  boolean isOpen(Path file) {
    return iterations().stream()
            .anyMatch(
                iteration ->
                    stages().stream()
                        .anyMatch(
                            stage ->
                                !isClosed(iteration, stage)
                                    && file.startsWith(run.stage(iteration, stage))))
        || evaluations().stream()
            .flatMap(
                version ->
                    RunDirectory.evaluationNames(version).keySet().stream()
                        .filter(name -> !isClosed(version, name)))
            .anyMatch(name -> file.startsWith(run.root().resolve(name)));
  }

  /** The name that earlier code gave a digest. */
  private static String earlier(String name) {
    return name.replaceFirst("^iterations/", "iteration=");
  }
}
