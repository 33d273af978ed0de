package io.capoflow.pipelines.training;

import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardCommit;
import io.capoflow.transforms.storage.Stage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where an iteration's wall-clock went, read from what its stages committed. A stage's seconds are
 * those in which at least one of its shards was being computed, so that two slots at work count
 * once; what no model worked in is the dataflow's own: planning, shuffling, Parquet.
 */
final class StageSeconds {
  static final String SAMPLE = "sample";
  static final String CRITIQUE = "critique";
  static final String TRAIN = "train";
  static final String DATAFLOW = "dataflow";

  private StageSeconds() {}

  private record Interval(long startMillis, long endMillis) {}

  /**
   * Seconds by stage, in the order of the iteration.
   *
   * @param wallSeconds of the whole iteration, as the driver saw it
   * @param trainSeconds of the policy update, which no other stage overlaps
   */
  static Map<String, Double> of(
      RunDirectory run, int iteration, double wallSeconds, double trainSeconds) {
    List<Interval> sampling = intervals(run, iteration, Stage.ROLLOUTS);
    List<Interval> critique = intervals(run, iteration, Stage.CRITIQUES);
    List<Interval> models = new ArrayList<>(sampling);
    models.addAll(critique);
    Map<String, Double> seconds = new LinkedHashMap<>();
    seconds.put(SAMPLE, covered(sampling));
    seconds.put(CRITIQUE, covered(critique));
    seconds.put(TRAIN, trainSeconds);
    // A resumed iteration reads shards that an earlier session computed.
    seconds.put(DATAFLOW, Math.max(0, wallSeconds - covered(models) - trainSeconds));
    return seconds;
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
