package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Pending;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;

/**
 * A shard that was begun.
 *
 * @param pending its rows
 * @param committed the rows that are committed, once they are
 */
record ShardInFlight<T>(Pending<T> pending, CompletableFuture<List<T>> committed) {
  ShardInFlight {
    requireNonNull(pending, "pending");
    requireNonNull(committed, "committed");
  }

  /**
   * A shard that is committed by whoever completes its rows, or begins it where they are there.
   *
   * @param commit commits rows and gives those that are committed
   */
  ShardInFlight(Pending<T> pending, UnaryOperator<List<T>> commit) {
    this(pending, pending.rows().thenApply(commit));
  }

  /**
   * A shard that is committed elsewhere, once its rows are there.
   *
   * @param commit commits rows and gives those that are committed
   */
  static <T> ShardInFlight<T> committedBy(
      Executor elsewhere, Pending<T> pending, UnaryOperator<List<T>> commit) {
    return new ShardInFlight<>(pending, pending.rows().thenApplyAsync(commit, elsewhere));
  }

  /**
   * Waits until the rows are committed.
   *
   * @return the rows that are committed
   * @throws RuntimeException what their computation or their commit failed with
   */
  List<T> finish() {
    return Pending.await(committed);
  }
}
