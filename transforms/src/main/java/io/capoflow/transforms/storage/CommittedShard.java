package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A shard that is committed.
 *
 * @param shard its number
 * @param rows those that are committed
 * @param how they came to be
 * @param millis that their computation took; 0 where they were read
 */
record CommittedShard<T>(int shard, List<T> rows, Commitment how, long millis) {
  CommittedShard {
    requireNonNull(rows, "rows");
    requireNonNull(how, "how");
  }

  CommittedShard(int shard, List<T> rows, Commitment how) {
    this(shard, rows, how, 0);
  }

  CommittedShard<T> after(double seconds) {
    return new CommittedShard<>(shard, rows, how, Math.round(seconds * 1000));
  }
}
