package io.capoflow.pipelines.critiques.card;

import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.ExactSum;
import io.capoflow.schemas.StepCritique;
import io.capoflow.schemas.StepLabels;
import java.util.Collections;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Scores of ProcessBench by whose critiques were counted, and how, for each source and for all rows
 * together. A row takes part where its {@linkplain FirstErrors#label label} is known. For one
 * thread.
 */
final class ProcessBenchFigures {
  /** In place of a voting rule: the benchmark's own majority over first errors. */
  static final String OWN_MAJORITY = "majority of first errors";

  private final TreeMap<VoteKey, ProcessBenchScore> overall = new TreeMap<>();
  private final TreeMap<String, SortedMap<VoteKey, ProcessBenchScore>> bySource = new TreeMap<>();
  private long labelled;

  /**
   * Adds a row.
   *
   * @param byCritic its critiques by critic, those of all critics too
   */
  void add(CritiquedRollout row, SortedMap<String, List<StepCritique>> byCritic) {
    OptionalInt label = FirstErrors.label(row.getSteps().size(), row.getTruth());
    if (label.isEmpty()) {
      return;
    }
    labelled++;
    byCritic.forEach(
        (critic, critiques) ->
            score(
                row.getSource(),
                new VoteKey(critic, OWN_MAJORITY),
                label.getAsInt(),
                FirstErrors.majority(critiques)));
    for (StepLabels labels : row.getLabels()) {
      score(
          row.getSource(),
          new VoteKey(labels.getCritic(), labels.getRule()),
          label.getAsInt(),
          FirstErrors.voted(labels.getWeights()));
    }
  }

  private void score(String source, VoteKey vote, int label, OptionalInt prediction) {
    overall.computeIfAbsent(vote, key -> new ProcessBenchScore()).add(label, prediction);
    bySource
        .computeIfAbsent(source, key -> new TreeMap<>())
        .computeIfAbsent(vote, key -> new ProcessBenchScore())
        .add(label, prediction);
  }

  /** Rows whose first error, or lack of one, is known. */
  long labelled() {
    return labelled;
  }

  /** Over all rows. */
  SortedMap<VoteKey, ProcessBenchScore> overall() {
    return Collections.unmodifiableSortedMap(overall);
  }

  /** By source. */
  SortedMap<String, SortedMap<VoteKey, ProcessBenchScore>> bySource() {
    return Collections.unmodifiableSortedMap(bySource);
  }

  /** Mean of the F1 of the sources that were voted on so: what the benchmark calls its average. */
  OptionalDouble meanOfSources(VoteKey vote) {
    ExactSum sum = new ExactSum();
    long sources = 0;
    for (SortedMap<VoteKey, ProcessBenchScore> scores : bySource.values()) {
      ProcessBenchScore score = scores.get(vote);
      if (score != null) {
        sum.add(score.f1());
        sources++;
      }
    }
    return sources == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(sum.value() / (double) sources);
  }
}
