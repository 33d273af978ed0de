package io.capoflow.pipelines.training;

import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardCommit;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.TrainerState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Where an iteration's wall-clock went, read from what its stages committed. A stage's seconds are
 * those in which at least one of its shards was being computed, so that two slots at work count
 * once; what no model worked in is the dataflow's own: planning, shuffling, Parquet, and what
 * closes the iteration before, see {@link Laps}.
 */
final class StageSeconds {
  private static final String SAMPLE = "sample";
  private static final String CRITIQUE = "critique";
  private static final String LOG_PROBABILITIES = "logprobs";
  private static final String TRAIN = "train";
  private static final String DATAFLOW = "dataflow";

  /** Their names, in the order of an iteration. */
  static final List<String> STAGES = List.of(SAMPLE, CRITIQUE, LOG_PROBABILITIES, TRAIN, DATAFLOW);

  private StageSeconds() {}

  private record Interval(long startMillis, long endMillis) {}

  /**
   * Seconds by stage, in the order of the iteration; a stage that was not measured has none.
   *
   * @param wallSeconds of the whole iteration, as the driver saw it; empty where it did not see all
   *     of it, and then what lies between the first shard's beginning and the last one's end stands
   *     in
   * @param trainer of the policy that the iteration committed
   */
  static Map<String, Double> of(
      RunDirectory run, int iteration, OptionalDouble wallSeconds, TrainerState trainer) {
    List<Interval> sampling = intervals(run, iteration, Stage.ROLLOUTS);
    List<Interval> critique = intervals(run, iteration, Stage.CRITIQUES);
    List<Interval> logProbabilities = intervals(run, iteration, Stage.LOG_PROBABILITIES);
    List<Interval> models = new ArrayList<>(sampling);
    models.addAll(critique);
    double generation = covered(models);
    models.addAll(logProbabilities);
    // No other stage works while the policy is updated.
    double train = trainer.seconds().values().stream().mapToDouble(Double::doubleValue).sum();
    double wall = wallSeconds.orElseGet(() -> span(models) + train);
    Map<String, Double> seconds = new LinkedHashMap<>();
    seconds.put(SAMPLE, covered(sampling));
    // Where no critic was asked there is nothing to measure.
    if (!critique.isEmpty()) {
      seconds.put(CRITIQUE, covered(critique));
    }
    if (!logProbabilities.isEmpty()) {
      // What is computed beside critiques takes no clock of its own.
      seconds.put(LOG_PROBABILITIES, covered(models) - generation);
    }
    seconds.put(TRAIN, train);
    double rest = wall - covered(models) - train;
    // A resumed iteration reads shards that an earlier session computed: its own wall-clock may be
    // shorter than theirs, and says nothing of the rest then.
    if (rest >= 0) {
      seconds.put(DATAFLOW, rest);
    }
    return seconds;
  }

  private static double span(List<Interval> intervals) {
    long start = intervals.stream().mapToLong(Interval::startMillis).min().orElse(0);
    long end = intervals.stream().mapToLong(Interval::endMillis).max().orElse(0);
    return (end - start) / 1000.0;
  }

  private static List<Interval> intervals(RunDirectory run, int iteration, Stage<?> stage) {
    List<Interval> intervals = new ArrayList<>();
    for (ShardCommit commit : run.shards(iteration, stage).commits()) {
      long end = commit.startedMillis() + Math.round(commit.seconds() * 1000);
      intervals.add(new Interval(commit.startedMillis(), end));
    }
    return intervals;
  }

  private static double covered(List<Interval> intervals) {
    List<Interval> ordered = new ArrayList<>(intervals);
    ordered.sort(Comparator.comparingLong(Interval::startMillis));
    long covered = 0;
    long reached = Long.MIN_VALUE;
    for (Interval interval : ordered) {
      long start = Math.max(interval.startMillis(), reached);
      covered += Math.max(0, interval.endMillis() - start);
      reached = Math.max(reached, interval.endMillis());
    }
    return covered / 1000.0;
  }
}
