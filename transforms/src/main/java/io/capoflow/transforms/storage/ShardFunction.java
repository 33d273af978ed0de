package io.capoflow.transforms.storage;

import io.capoflow.schemas.Pending;
import io.capoflow.transforms.metrics.StageMetrics;
import java.io.Serializable;
import java.util.List;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * What is done with one shard. A pure function of its input and settings, whoever calls it, however
 * often: that is what makes its result worth keeping. Thread-safe.
 */
public interface ShardFunction<I extends SpecificRecordBase, O extends SpecificRecordBase>
    extends Serializable {
  /**
   * Digest of all that the result depends on: the stage and its code version, its settings, what
   * model it asks, and the shard's rows.
   */
  String memoKey(List<I> shard);

  /**
   * Begins the shard. A function that computes in this process is done when it returns; one that
   * asks servers returns at once.
   *
   * @param shard all its rows, in the order of {@link ShardPlan#order}
   */
  Pending<O> compute(List<I> shard);

  /**
   * Counts a shard that was computed here.
   *
   * @param rows those that are committed
   * @param millis from its beginning until its rows were there
   */
  default void count(List<O> rows, long millis, StageMetrics metrics) {}

  /**
   * Parts of shards that a slot begins before it waits for one: as many as keep servers busy. Of no
   * meaning where nothing is waited for.
   */
  default int window() {
    return 1;
  }
}
