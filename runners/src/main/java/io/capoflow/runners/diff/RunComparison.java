package io.capoflow.runners.diff;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Keys;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Compares two runs in the order in which they were computed, so that what is found first is the
 * cause of what comes after.
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

  /** The first difference; empty where both hold the same. */
  public Optional<Difference> first() {
    Map<String, String> leftDigests = left.digests();
    Map<String, String> rightDigests = right.digests();
    for (Unit unit : unitsOfBoth()) {
      Optional<String> a = Optional.ofNullable(leftDigests.get(unit.name()));
      Optional<String> b = Optional.ofNullable(rightDigests.get(unit.name()));
      if (a.equals(b)) {
        continue;
      }
      if (a.isEmpty() || b.isEmpty()) {
        return Optional.of(
            Difference.at(
                unit.name() + ": only in the " + (a.isPresent() ? "first" : "second") + " run"));
      }
      return unit.look()
          .or(() -> Optional.of(Difference.at(unit.name() + ": digests " + a + " and " + b)));
    }
    return Optional.empty();
  }

  /** A name among the digests, and how to look into it. */
  private interface Unit {
    String name();

    Optional<Difference> look();
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
      return RowComparison.first(
          name(), stage.type(), left.rows(iteration, stage), right.rows(iteration, stage));
    }
  }
}
