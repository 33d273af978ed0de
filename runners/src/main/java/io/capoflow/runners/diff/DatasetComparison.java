package io.capoflow.runners.diff;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.critiques.DatasetTables;
import io.capoflow.pipelines.critiques.DatasetTables.Table;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Compares two critique datasets, table by table and shard by shard, rollouts first: what is found
 * first is the cause of what comes after.
 */
public final class DatasetComparison {
  private final Path left;
  private final Path right;

  private DatasetComparison(Path left, Path right) {
    this.left = requireNonNull(left, "left");
    this.right = requireNonNull(right, "right");
  }

  /** Compares what is complete in these directories. */
  public static DatasetComparison between(Path left, Path right) {
    return new DatasetComparison(left, right);
  }

  /**
   * What was found.
   *
   * @param first difference; empty where both hold the same
   * @param equal tables that both have, and that hold the same
   */
  public record Result(Optional<Difference> first, List<String> equal) {
    public Result {
      equal = List.copyOf(equal);
    }
  }

  /**
   * Compares up to the first difference.
   *
   * @throws io.capoflow.schemas.UserMistake when one is no dataset, or is damaged
   */
  public Result result() {
    DatasetTables one = DatasetTables.of(left);
    DatasetTables other = DatasetTables.of(right);
    TreeSet<String> names = new TreeSet<>(DatasetTables.CAUSES_FIRST);
    names.addAll(one.tables().keySet());
    names.addAll(other.tables().keySet());
    List<String> equal = new ArrayList<>();
    for (String name : names) {
      Optional<Table<?>> a = Optional.ofNullable(one.tables().get(name));
      Optional<Table<?>> b = Optional.ofNullable(other.tables().get(name));
      if (a.isEmpty() || b.isEmpty()) {
        String where = a.isPresent() ? "first" : "second";
        return new Result(
            Optional.of(Difference.at(name + ": only in the " + where + " dataset")), equal);
      }
      if (!a.get().digest().equals(b.get().digest())) {
        return new Result(Optional.of(look(name, a.get(), b.get())), equal);
      }
      equal.add(name);
    }
    return new Result(Optional.empty(), equal);
  }

  private static <T extends SpecificRecordBase> Difference look(
      String name, Table<T> a, Table<?> other) {
    if (!a.type().equals(other.type())) {
      return Difference.at(name + ": holds other kinds of rows");
    }
    @SuppressWarnings("unchecked") // of the same type
    Table<T> b = (Table<T>) other;
    for (int shard = 0; shard < Math.max(a.shards(), b.shards()); shard++) {
      if (shard >= a.shards() || shard >= b.shards()) {
        return Difference.at(
            "%s: %d shards in the first dataset, %d in the second"
                .formatted(name, a.shards(), b.shards()));
      }
      if (!a.digest(shard).equals(b.digest(shard))) {
        Optional<Difference> found =
            RowComparison.first(name, a.type(), a.columns(), a.rows(shard), b.rows(shard));
        if (found.isPresent()) {
          return found.get();
        }
      }
    }
    return Difference.at(name + ": digests " + a.digest() + " and " + b.digest());
  }
}
