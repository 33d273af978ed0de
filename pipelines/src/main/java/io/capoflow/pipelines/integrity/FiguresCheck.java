package io.capoflow.pipelines.integrity;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.steps.StepSplitter;
import io.capoflow.pipelines.evaluation.EvaluationFigures;
import io.capoflow.pipelines.metrics.Figure;
import io.capoflow.pipelines.metrics.IterationFigures;
import io.capoflow.pipelines.metrics.MetricsFile;
import io.capoflow.schemas.IterationMetrics;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.Flaw;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.StageProof;
import io.capoflow.transforms.train.PolicyProof;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Holds the figures of a run to what they are of: those of an iteration to its rows, those of an
 * update to the record of its policy, those of held-out problems to the measurement. Only what is
 * whole is read. Wall-clock is in no row, and stays unproven.
 */
final class FiguresCheck {
  /** What a machine was busy with when rows were made is not theirs alone. */
  private static final Set<String> TIMES =
      Set.of(Figure.CRITIC_SECONDS.label(), Figure.SLOW_VERDICTS.label());

  private final RunDirectory run;
  private final Optional<StepSplitter> splitter;
  private final Map<Integer, List<IterationMetrics>> rows;

  /**
   * A check of figures.
   *
   * @param splitter the recipe's; without it only updates are looked at
   */
  FiguresCheck(RunDirectory run, Optional<StepSplitter> splitter, List<IterationMetrics> metrics) {
    this.run = requireNonNull(run, "run");
    this.splitter = requireNonNull(splitter, "splitter");
    this.rows = metrics.stream().collect(Collectors.groupingBy(IterationMetrics::getIteration));
  }

  /** The first figure of each iteration that is another than what it is of gives. */
  List<Flaw> look(SortedMap<Integer, PolicyProof> policies, SortedMap<String, StageProof> stages) {
    return new TreeMap<>(rows)
        .keySet().parallelStream()
            .map(
                iteration -> {
                  SortedMap<String, Double> expected = new TreeMap<>();
                  Optional.ofNullable(policies.get(iteration + 1))
                      .flatMap(PolicyProof::state)
                      .ifPresent(state -> expected.putAll(state.statistics()));
                  expected.putAll(ofRows(iteration, stages));
                  expected.putAll(ofMeasurement(iteration, stages));
                  return flaw(iteration, expected);
                })
            .flatMap(Optional::stream)
            .toList();
  }

  private Map<String, Double> ofRows(int iteration, SortedMap<String, StageProof> stages) {
    boolean whole =
        isWhole(
            Stage.ALL.stream()
                .map(stage -> stages.get(RunDirectory.digestName(iteration, stage)))
                .filter(Objects::nonNull));
    if (splitter.isEmpty() || !whole) {
      return Map.of();
    }
    try {
      Map<String, Double> figures =
          new TreeMap<>(IterationFigures.of(run, iteration, splitter.get()));
      figures.keySet().removeAll(TIMES);
      return figures;
    } catch (UserMistake | IllegalArgumentException unreadable) {
      return Map.of(); // It went away meanwhile, or is a flaw of its own.
    }
  }

  private Map<String, Double> ofMeasurement(int version, SortedMap<String, StageProof> stages) {
    boolean whole =
        isWhole(
            RunDirectory.evaluationNames(version).keySet().stream()
                .map(stages::get)
                .filter(Objects::nonNull));
    if (splitter.isEmpty() || !whole) {
      return Map.of();
    }
    try {
      Map<String, Double> figures = new TreeMap<>();
      EvaluationFigures.read(run.evaluation(version), splitter.get())
          .named()
          .forEach((name, value) -> figures.put(MetricsFile.HELD_OUT + name, value));
      return figures;
    } catch (UserMistake unreadable) {
      return Map.of();
    }
  }

  private static boolean isWhole(Stream<StageProof> stages) {
    List<StageProof> all = stages.toList();
    return !all.isEmpty()
        && all.stream().allMatch(stage -> stage.manifest().isPresent() && stage.flaws().isEmpty());
  }

  private Optional<Flaw> flaw(int iteration, SortedMap<String, Double> expected) {
    return rows.get(iteration).stream()
        .filter(row -> expected.containsKey(row.getName()))
        .filter(row -> Double.compare(expected.get(row.getName()), row.getValue()) != 0)
        .findFirst()
        .map(
            row ->
                Flaw.damaged(
                    run.metrics(),
                    "%s of iteration %d is %s, its rows give %s"
                        .formatted(
                            row.getName(),
                            iteration,
                            row.getValue(),
                            expected.get(row.getName()))));
  }
}
