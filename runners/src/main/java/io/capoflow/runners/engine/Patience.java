package io.capoflow.runners.engine;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.flink.runtime.rest.util.RestClientException;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpResponseStatus;
import org.apache.flink.util.ExceptionUtils;

/**
 * Asks somebody over a network again and again while nobody answers, up to a limit. Thread-safe.
 */
final class Patience implements AutoCloseable {
  private static final long PAUSE_MILLIS = 250;

  private final String whom;
  private final Duration limit;
  private final Consumer<String> notices;
  private final CountDownLatch closed = new CountDownLatch(1);

  /**
   * @param whom who is asked, for people
   * @param limit from the first request without an answer on
   */
  Patience(String whom, Duration limit, Consumer<String> notices) {
    this.whom = requireNonNull(whom, "whom");
    this.limit = requireNonNull(limit, "limit");
    this.notices = requireNonNull(notices, "notices");
  }

  /**
   * The answer to a request, which must bear being sent several times.
   *
   * @throws UserMistake when none comes in time
   * @throws IllegalStateException when the answer is a refusal, which is its cause, or the thread
   *     is interrupted
   */
  <T> T answered(Supplier<CompletableFuture<T>> request) {
    boolean missed = false;
    long since = System.nanoTime();
    while (true) {
      try {
        T answer = request.get().get();
        if (missed) {
          notices.accept(whom + " answers again");
        }
        return answer;
      } catch (InterruptedException e) {
        throw FlinkSession.interrupted(e);
      } catch (ExecutionException e) {
        if (!isSilence(e)) {
          if (missed) {
            notices.accept(whom + " answers again");
          }
          throw new IllegalStateException(whom + " refuses", e.getCause());
        }
        if (!missed) {
          missed = true;
          notices.accept(
              "%s does not answer (%s); waiting for it, %d s at most"
                  .formatted(whom, reason(e), limit.toSeconds()));
        }
        if (System.nanoTime() - since > limit.toNanos()) {
          throw new UserMistake(
              "%s has not answered for %d s (%s): nothing that is committed is lost; run the same command again when it is back"
                  .formatted(whom, limit.toSeconds(), reason(e)),
              e);
        }
        pause();
      }
    }
  }

  /** Whether nobody answered, rather than that the answer is no. */
  private static boolean isSilence(Throwable failure) {
    return ExceptionUtils.findThrowable(failure, RestClientException.class)
        .map(
            refusal ->
                refusal.getHttpResponseStatus().equals(HttpResponseStatus.SERVICE_UNAVAILABLE))
        .orElseGet(
            () ->
                ExceptionUtils.findThrowable(failure, IOException.class).isPresent()
                    || ExceptionUtils.findThrowable(failure, TimeoutException.class).isPresent());
  }

  /** The deepest cause's own words, or what it is. */
  static String reason(Throwable failure) {
    if (ExceptionUtils.findThrowable(failure, ConnectException.class).isPresent()) {
      return "connection refused";
    }
    Throwable cause = failure;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    String message = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    return message.isBlank() || message.equals("null") ? cause.getClass().getSimpleName() : message;
  }

  /** Waits between two questions. */
  void pause() {
    pause(PAUSE_MILLIS);
  }

  /**
   * Waits between two questions.
   *
   * @throws CancellationException when nobody waits for the answers any more
   */
  void pause(long millis) {
    try {
      if (closed.await(millis, TimeUnit.MILLISECONDS)) {
        throw new CancellationException("nobody asks " + whom + " any more");
      }
    } catch (InterruptedException e) {
      throw FlinkSession.interrupted(e);
    }
  }

  /** Ends all waiting. */
  @Override
  public void close() {
    closed.countDown();
  }
}
