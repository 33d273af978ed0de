package io.capoflow.models.endpoint;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/** What futures lack. */
final class Futures {
  private Futures() {}

  /**
   * Does one of two things when a future is done.
   *
   * @param value done with its value
   * @param failure done with what it failed with, as it was thrown
   */
  static <T> void whenDone(
      CompletableFuture<T> future, Consumer<? super T> value, Consumer<? super Throwable> failure) {
    CompletableFuture<Void> unused =
        future.handle(
            (given, thrown) -> {
              if (thrown == null) {
                value.accept(given);
              } else {
                failure.accept(cause(thrown));
              }
              return null;
            });
  }

  /** What was thrown first, before futures wrapped it. */
  static Throwable cause(Throwable thrown) {
    return thrown instanceof CompletionException
        ? Optional.ofNullable(thrown.getCause()).map(Futures::cause).orElse(thrown)
        : thrown;
  }
}
