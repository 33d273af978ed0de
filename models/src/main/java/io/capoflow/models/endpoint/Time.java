package io.capoflow.models.endpoint;

import dev.failsafe.spi.Scheduler;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Clock and timer of a client; tests have one that they wind themselves. Thread-safe. */
interface Time extends Scheduler, AutoCloseable {
  /** Of a clock that only goes forward. */
  long nanos();

  /** Of the calendar. */
  Instant now();

  /** Runs a task later, on a thread of this, unless it is cancelled before. */
  default Future<?> timer(Duration delay, Runnable task) {
    return schedule(
        () -> {
          task.run();
          return null;
        },
        Math.max(0, delay.toNanos()),
        TimeUnit.NANOSECONDS);
  }

  /** Runs a task later, on a thread of this. */
  default void after(Duration delay, Runnable task) {
    Future<?> unused = timer(delay, task);
  }

  /** Nothing that was to run later runs any more. */
  @Override
  void close();
}
