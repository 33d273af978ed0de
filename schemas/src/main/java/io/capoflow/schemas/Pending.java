package io.capoflow.schemas;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/**
 * Rows that are being made. Immutable.
 *
 * @param rows all of them, once the last part is there; fails when a part does
 * @param parts what they are waited for: a call to a server each; empty where nothing is waited for
 */
public record Pending<T>(
    CompletableFuture<List<T>> rows, List<? extends CompletableFuture<?>> parts) {
  public Pending {
    requireNonNull(rows, "rows");
    parts = List.copyOf(parts);
  }

  /**
   * Waits for the rows.
   *
   * @throws RuntimeException what a part failed with, as it was thrown
   */
  public List<T> await() {
    return await(rows);
  }

  /**
   * Waits for a value.
   *
   * @throws RuntimeException what the future failed with, as it was thrown
   * @throws Cancelled when the waiting thread is interrupted; the future goes on
   */
  public static <V> V await(CompletableFuture<V> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException failure
          ? failure
          : new CompletionException(e.getCause());
    } catch (InterruptedException e) {
      throw Cancelled.by(e, "waiting for what others compute");
    }
  }

  /** Rows that are there already. */
  public static <T> Pending<T> done(List<T> rows) {
    return new Pending<>(CompletableFuture.completedFuture(List.copyOf(rows)), List.of());
  }
}
