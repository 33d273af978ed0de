package io.capoflow.models.endpoint;

import io.capoflow.schemas.ProcessThreads;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The machine's clock, and one thread for all timers of a client. Thread-safe. */
final class SystemTime implements Time {
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(1, ProcessThreads.named("endpoint-timer"));

  SystemTime() {
    // Nearly all timers are of attempts that end in time: those must not pile up.
    timer.setRemoveOnCancelPolicy(true);
  }

  @Override
  public long nanos() {
    return System.nanoTime();
  }

  @Override
  public Instant now() {
    return Instant.now();
  }

  @Override
  public ScheduledFuture<?> schedule(Callable<?> task, long delay, TimeUnit unit) {
    return timer.schedule(task, delay, unit);
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
