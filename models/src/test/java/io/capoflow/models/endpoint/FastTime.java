package io.capoflow.models.endpoint;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** The machine's time, run through many times as fast: a client's minutes pass in a moment. */
final class FastTime implements Time {
  private final int times;
  private final SystemTime time = new SystemTime();
  private final long started = time.nanos();
  private final Instant startedAt = time.now();

  /**
   * Such a time.
   *
   * @param times as fast
   */
  FastTime(int times) {
    this.times = times;
  }

  @Override
  public long nanos() {
    return (time.nanos() - started) * times;
  }

  @Override
  public Instant now() {
    return startedAt.plus(Duration.ofNanos(nanos()));
  }

  @Override
  public ScheduledFuture<?> schedule(Callable<?> task, long delay, TimeUnit unit) {
    return time.schedule(task, unit.toNanos(delay) / times, TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    time.close();
  }
}
