package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Pending;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A shard that was begun.
 *
 * @param pending its rows
 * @param commit commits rows and gives those that are committed
 */
record ShardInFlight<T>(Pending<T> pending, UnaryOperator<List<T>> commit) {
  ShardInFlight {
    requireNonNull(pending, "pending");
    requireNonNull(commit, "commit");
  }

  /**
   * Waits for the rows and commits them.
   *
   * @return the rows that are committed
   * @throws RuntimeException what their computation failed with
   */
  List<T> finish() {
    return commit.apply(pending.await());
  }
}
