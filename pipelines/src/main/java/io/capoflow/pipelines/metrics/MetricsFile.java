package io.capoflow.pipelines.metrics;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.IterationMetrics;
import io.capoflow.transforms.storage.ParquetRows;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * {@code metrics.parquet} of a run: one row a figure, ordered by iteration, policy version and
 * name. Rewritten in one step, so that a reader always sees a whole file, and recording the same
 * figures again replaces them: a resumed run leaves no duplicates.
 *
 * <p>The file is read once, at first use; from then on its rows are kept, so nothing else may write
 * it: its run's lock sees to that. For one thread.
 */
public final class MetricsFile {
  /** What begins the names of figures measured on held-out problems. */
  public static final String HELD_OUT = "held_out_";

  private static final Comparator<Place> ORDER =
      Comparator.comparingInt(Place::iteration)
          .thenComparing(Place::policyVersion)
          .thenComparing(Place::name);

  private final Path file;
  private final String runId;
  private Optional<SortedMap<Place, IterationMetrics>> kept = Optional.empty();

  private record Place(int iteration, String policyVersion, String name) {}

  /**
   * @param file created by the first record
   * @param runId of the rows written
   */
  public MetricsFile(Path file, String runId) {
    this.file = requireNonNull(file, "file");
    this.runId = requireNonNull(runId, "runId");
  }

  /** Records the figures of an iteration's rows and of its update. */
  public void record(int iteration, String policyVersion, Map<String, Double> figures) {
    SortedMap<Place, IterationMetrics> rows = new TreeMap<>(kept());
    figures.forEach(
        (name, value) ->
            rows.put(
                new Place(iteration, policyVersion, name),
                new IterationMetrics(runId, iteration, policyVersion, name, value)));
    ParquetRows.replace(file, IterationMetrics.class, rows.values());
    kept = Optional.of(rows);
  }

  /**
   * Records figures measured on held-out problems, their names led by {@code held_out_}.
   *
   * @param iteration the one that the measured policy samples in: n, for the last policy of n
   *     iterations
   */
  public void recordHeldOut(int iteration, String policyVersion, Map<String, Double> figures) {
    Map<String, Double> named = new TreeMap<>();
    figures.forEach((name, value) -> named.put(HELD_OUT + name, value));
    record(iteration, policyVersion, named);
  }

  /** All rows in order; none before the first record. */
  public List<IterationMetrics> rows() {
    return List.copyOf(kept().values());
  }

  private SortedMap<Place, IterationMetrics> kept() {
    if (kept.isEmpty()) {
      SortedMap<Place, IterationMetrics> rows = new TreeMap<>(ORDER);
      if (Files.exists(file)) {
        for (IterationMetrics row : ParquetRows.read(file, IterationMetrics.class)) {
          rows.put(new Place(row.getIteration(), row.getPolicyVersion(), row.getName()), row);
        }
      }
      kept = Optional.of(rows);
    }
    return kept.get();
  }
}
