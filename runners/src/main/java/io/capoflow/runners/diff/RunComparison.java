package io.capoflow.runners.diff;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.training.IterationStages;
import io.capoflow.schemas.Keys;
import io.capoflow.transforms.storage.ParquetRows;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.StageManifest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Compares two runs in the order in which they were computed, so that what is found first is the
 * cause of what comes after.
 *
 * <p>A digest is of rows with all their columns. Where a stage's columns are not the same in both
 * runs, since an older version wrote one of them, the columns that both have are compared.
 */
public final class RunComparison {
  private final RunDirectory left;
  private final RunDirectory right;

  private RunComparison(RunDirectory left, RunDirectory right) {
    this.left = requireNonNull(left, "left");
    this.right = requireNonNull(right, "right");
  }

  /** Compares what is complete in these directories when {@link #first} is called. */
  public static RunComparison between(RunDirectory left, RunDirectory right) {
    return new RunComparison(left, right);
  }

  /**
   * What was found.
   *
   * @param first difference; empty where both hold the same
   * @param equal digests that both have
   * @param inCommonColumns stages before the first difference whose columns are not the same, equal
   *     in those that both have
   * @param inOneAlone stages before the first difference that one of the runs was trained without,
   *     since an older version computed what they hold elsewhere
   */
  public record Result(
      Optional<Difference> first,
      int equal,
      List<String> inCommonColumns,
      List<String> inOneAlone) {
    public Result {
      requireNonNull(first, "first");
      inCommonColumns = List.copyOf(inCommonColumns);
      inOneAlone = List.copyOf(inOneAlone);
    }
  }

  /** Compares up to the first difference. */
  public Result result() {
    Map<String, String> leftDigests = left.digests();
    Map<String, String> rightDigests = right.digests();
    List<String> inCommonColumns = new ArrayList<>();
    List<String> inOneAlone = new ArrayList<>();
    int equal = 0;
    for (Unit unit : unitsOfBoth()) {
      Optional<String> a = Optional.ofNullable(leftDigests.get(unit.name()));
      Optional<String> b = Optional.ofNullable(rightDigests.get(unit.name()));
      if (a.equals(b)) {
        equal += a.isPresent() ? 1 : 0;
        continue;
      }
      if (a.isPresent() ? unit.isNotKeptBy(right) : unit.isNotKeptBy(left)) {
        inOneAlone.add(unit.name());
        continue;
      }
      Optional<Difference> found =
          a.isPresent() && b.isPresent()
              ? unit.look()
              : Optional.of(
                  Difference.at(
                      unit.name()
                          + ": only in the "
                          + (a.isPresent() ? "first" : "second")
                          + " run"));
      if (found.isPresent()) {
        return new Result(found, equal, inCommonColumns, inOneAlone);
      }
      if (unit.hasSameColumns()) {
        Difference digests = Difference.at(unit.name() + ": digests " + a + " and " + b);
        return new Result(Optional.of(digests), equal, inCommonColumns, inOneAlone);
      }
      inCommonColumns.add(unit.name());
    }
    return new Result(Optional.empty(), equal, inCommonColumns, inOneAlone);
  }

  /** The first difference; empty where both hold the same. */
  public Optional<Difference> first() {
    return result().first();
  }

  /** A name among the digests, and how to look into it. */
  private interface Unit {
    String name();

    Optional<Difference> look();

    /** Whether equal content must have equal digests. */
    default boolean hasSameColumns() {
      return true;
    }

    /** Whether a run that lacks it was trained without it. */
    default boolean isNotKeptBy(RunDirectory run) {
      return false;
    }
  }

  private List<Unit> unitsOfBoth() {
    TreeSet<Integer> iterations = new TreeSet<>(left.iterations());
    iterations.addAll(right.iterations());
    TreeSet<Integer> versions = new TreeSet<>(left.policies().versions());
    versions.addAll(right.policies().versions());
    List<Unit> units = new ArrayList<>();
    int last = Math.max(iterations.isEmpty() ? -1 : iterations.last(), lastOf(versions));
    for (int number = 0; number <= last; number++) {
      // Iteration k reads policy k.
      units.add(new PolicyUnit(number));
      for (Stage<? extends SpecificRecordBase> stage : Stage.ALL) {
        units.add(new StageUnit<>(number, stage));
      }
    }
    return units;
  }

  private static int lastOf(SortedSet<Integer> numbers) {
    return numbers.isEmpty() ? -1 : numbers.last();
  }

  private final class PolicyUnit implements Unit {
    private final int version;

    PolicyUnit(int version) {
      this.version = version;
    }

    @Override
    public String name() {
      return "policy/" + Keys.policyVersion(version);
    }

    @Override
    public Optional<Difference> look() {
      return TensorComparison.first(
          name(), left.policies().directory(version), right.policies().directory(version));
    }
  }

  private final class StageUnit<T extends SpecificRecordBase> implements Unit {
    private final int iteration;
    private final Stage<T> stage;

    StageUnit(int iteration, Stage<T> stage) {
      this.iteration = iteration;
      this.stage = stage;
    }

    @Override
    public String name() {
      return RunDirectory.digestName(iteration, stage);
    }

    @Override
    public Optional<Difference> look() {
      Set<String> common = new HashSet<>(columns(left));
      common.retainAll(columns(right));
      return RowComparison.first(
          name(), stage.type(), common, left.rows(iteration, stage), right.rows(iteration, stage));
    }

    @Override
    public boolean hasSameColumns() {
      return columns(left).equals(columns(right));
    }

    @Override
    public boolean isNotKeptBy(RunDirectory run) {
      return stage.equals(Stage.LOG_PROBABILITIES) && !IterationStages.keepsLogProbabilities(run);
    }

    /** All files of a stage have the columns of its first. */
    private Set<String> columns(RunDirectory run) {
      Path directory = run.stage(iteration, stage);
      return StageManifest.find(directory).stream()
          .flatMap(manifest -> manifest.shards().stream())
          .findFirst()
          .map(shard -> Set.copyOf(ParquetRows.columns(directory.resolve(shard.part()))))
          .orElse(Set.of());
    }
  }
}
