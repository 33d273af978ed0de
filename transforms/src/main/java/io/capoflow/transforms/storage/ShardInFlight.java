package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Pending;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * A shard that was begun.
 *
 * @param pending its rows
 * @param committed what is committed, once it is
 */
record ShardInFlight<T>(Pending<T> pending, CompletableFuture<CommittedShard<T>> committed) {
  ShardInFlight {
    requireNonNull(pending, "pending");
    requireNonNull(committed, "committed");
  }

  /**
   * A shard that is committed by whoever completes its rows, or begins it where they are there.
   *
   * @param commit commits rows and gives what is committed
   */
  ShardInFlight(Pending<T> pending, Function<List<T>, CommittedShard<T>> commit) {
    this(pending, pending.rows().thenApply(commit));
  }

  /**
   * A shard that is committed elsewhere, once its rows are there.
   *
   * @param commit commits rows and gives what is committed
   */
  static <T> ShardInFlight<T> committedBy(
      Executor elsewhere, Pending<T> pending, Function<List<T>, CommittedShard<T>> commit) {
    return new ShardInFlight<>(pending, pending.rows().thenApplyAsync(commit, elsewhere));
  }

  /**
   * Waits until the rows are committed.
   *
   * @return what is committed
   * @throws RuntimeException what their computation or their commit failed with
   */
  CommittedShard<T> finish() {
    return Pending.await(committed);
  }
}
