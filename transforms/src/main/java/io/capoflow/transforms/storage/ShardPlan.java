package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Problem;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Which rows make up which shard. A shard is the unit of sampling and of critique, so the plan
 * decides what is batched together: it depends on the rows and never on workers or parallelism.
 * Immutable and thread-safe.
 */
public abstract class ShardPlan implements Serializable {
  private static final long serialVersionUID = 1L;

  ShardPlan() {}

  /**
   * Divides problems into shards, with all rows that are about them; the last may be smaller. Holds
   * every identifier.
   *
   * @param problemIds in plan order, without repeats
   * @throws IllegalArgumentException when an identifier repeats or the size is not positive
   */
  public static ShardPlan of(List<String> problemIds, int problemsPerShard) {
    ArrayList<String> ids = new ArrayList<>(problemIds);
    return new OfProblems(problemsPerShard, ids.size(), () -> ids);
  }

  /**
   * The same plan, which holds no identifier: a worker finds them in the file that keeps the
   * problems.
   *
   * @param problems in plan order, without repeats
   * @throws IllegalArgumentException when a problem repeats or the size is not positive
   */
  public static ShardPlan of(ProblemRows problems, int problemsPerShard) {
    return new OfProblems(
        problemsPerShard,
        problems.count(),
        () -> problems.read(0, problems.count()).stream().map(Problem::getProblemId).toList());
  }

  /**
   * Divides rollouts into shards by the digests of which their identifiers are made, and so about
   * evenly: the plan holds none of them, however many they are.
   *
   * @param first number of the first shard
   * @param shards how many, at least 1
   */
  public static ShardPlan ofDigests(int first, int shards) {
    return new OfDigests(first, shards);
  }

  /**
   * How many shards a plan of so many problems has.
   *
   * @param problemsPerShard at least 1
   */
  public static int shards(int problems, int problemsPerShard) {
    return (problems + problemsPerShard - 1) / problemsPerShard;
  }

  /** Number of shards. */
  public abstract int shards();

  /**
   * The shard of a row.
   *
   * @throws IllegalArgumentException when the row is not in the plan
   */
  public abstract int shardOf(SpecificRecordBase row);

  /** The order of a shard's rows: that of the plan, then {@link RowFormat#order}. */
  public abstract <T extends SpecificRecordBase> Comparator<T> order(Class<T> type);

  /** Identifiers in plan order. */
  @FunctionalInterface
  private interface Planned extends Serializable {
    List<String> ids();
  }

  private static final class OfProblems extends ShardPlan {
    private static final long serialVersionUID = 1L;

    private final int problemsPerShard;
    private final int problemCount;
    private final Planned planned;

    // Made again on each worker.
    private transient volatile Map<String, Integer> positions;

    OfProblems(int problemsPerShard, int problemCount, Planned planned) {
      if (problemsPerShard < 1) {
        throw new IllegalArgumentException(
            "a shard holds at least one problem: " + problemsPerShard);
      }
      this.problemsPerShard = problemsPerShard;
      this.problemCount = problemCount;
      this.planned = planned;
      this.positions = positions(planned.ids());
    }

    private static Map<String, Integer> positions(List<String> problemIds) {
      Map<String, Integer> planned = new HashMap<>();
      for (String id : problemIds) {
        if (planned.put(id, planned.size()) != null) {
          throw new IllegalArgumentException("problem " + id + " is planned twice");
        }
      }
      return planned;
    }

    @Override
    public int shards() {
      return shards(problemCount, problemsPerShard);
    }

    @Override
    public int shardOf(SpecificRecordBase row) {
      return position(RowFormat.problemId(row)) / problemsPerShard;
    }

    @Override
    public <T extends SpecificRecordBase> Comparator<T> order(Class<T> type) {
      return Comparator.<T>comparingInt(row -> position(RowFormat.problemId(row)))
          .thenComparing(RowFormat.order(type));
    }

    private int position(String problemId) {
      Map<String, Integer> known = positions;
      if (known == null) {
        known = positions(planned.ids());
        positions = known;
      }
      Integer position = known.get(problemId);
      if (position == null) {
        throw new IllegalArgumentException("problem " + problemId + " is not in the shard plan");
      }
      return position;
    }
  }

  private static final class OfDigests extends ShardPlan {
    private static final long serialVersionUID = 1L;

    /** Hexadecimal digits of an identifier that decide: 2^32 shards would be too many. */
    private static final int DIGITS = 8;

    private final int first;
    private final int shards;

    OfDigests(int first, int shards) {
      if (first < 0 || shards < 1) {
        throw new IllegalArgumentException(
            "a plan has at least one shard, from 0: %d from %d".formatted(shards, first));
      }
      this.first = first;
      this.shards = shards;
    }

    @Override
    public int shards() {
      return shards;
    }

    @Override
    public int shardOf(SpecificRecordBase row) {
      String id = RowFormat.rolloutId(row);
      try {
        long rank = Long.parseLong(requireNonNull(id, "rollout_id").substring(0, DIGITS), 16);
        return first + (int) ((rank * shards) >>> (4 * DIGITS));
      } catch (NumberFormatException | IndexOutOfBoundsException e) {
        throw new IllegalArgumentException("rollout " + id + " is not named by a digest", e);
      }
    }

    @Override
    public <T extends SpecificRecordBase> Comparator<T> order(Class<T> type) {
      return RowFormat.order(type);
    }
  }
}
