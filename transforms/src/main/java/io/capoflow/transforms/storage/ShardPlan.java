package io.capoflow.transforms.storage;

import java.io.Serializable;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Which problems make up which shard: fixed numbers of problems in plan order. A shard is the unit
 * of sampling and of critique, so the plan decides what is batched together and never depends on
 * workers or parallelism. Immutable and thread-safe.
 */
public final class ShardPlan implements Serializable {
  private final int problemsPerShard;
  private final int problemCount;
  private final HashMap<String, Integer> positions;

  private ShardPlan(int problemsPerShard, Map<String, Integer> positions) {
    this.problemsPerShard = problemsPerShard;
    this.problemCount = positions.size();
    this.positions = new HashMap<>(positions);
  }

  /**
   * Divides problems into shards; the last may be smaller.
   *
   * @param problemIds in plan order, without repeats
   * @throws IllegalArgumentException when an identifier repeats or the size is not positive
   */
  public static ShardPlan of(List<String> problemIds, int problemsPerShard) {
    if (problemsPerShard < 1) {
      throw new IllegalArgumentException("a shard holds at least one problem: " + problemsPerShard);
    }
    Map<String, Integer> positions = new HashMap<>();
    for (String id : problemIds) {
      if (positions.put(id, positions.size()) != null) {
        throw new IllegalArgumentException("problem " + id + " is planned twice");
      }
    }
    return new ShardPlan(problemsPerShard, positions);
  }

  /** Number of shards, numbered from 0. */
  public int shards() {
    return (problemCount + problemsPerShard - 1) / problemsPerShard;
  }

  /**
   * The shard of a problem.
   *
   * @throws IllegalArgumentException when the problem is not in the plan
   */
  public int shardOf(String problemId) {
    return position(problemId) / problemsPerShard;
  }

  /** Rows by their problem's place in the plan, then by {@link RowFormat#order}. */
  public <T extends SpecificRecordBase> Comparator<T> order(Class<T> type) {
    return Comparator.<T>comparingInt(row -> position(RowFormat.problemId(row)))
        .thenComparing(RowFormat.order(type));
  }

  private int position(String problemId) {
    Integer position = positions.get(problemId);
    if (position == null) {
      throw new IllegalArgumentException("problem " + problemId + " is not in the shard plan");
    }
    return position;
  }
}
