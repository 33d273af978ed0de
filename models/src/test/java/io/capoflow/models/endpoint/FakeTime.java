package io.capoflow.models.endpoint;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** A clock that stands still until it is wound, which runs what is due in its order. */
final class FakeTime implements Time {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final List<Timer<?>> timers = new ArrayList<>();
  private long nanos;
  private long made;

  private final class Timer<T> extends FutureTask<T> implements ScheduledFuture<T> {
    private final long at;
    private final long order = made++;

    Timer(Callable<T> task, long at) {
      super(task);
      this.at = at;
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return unit.convert(at - nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
    }
  }

  @Override
  public long nanos() {
    return nanos;
  }

  @Override
  public Instant now() {
    return START.plusNanos(nanos);
  }

  @Override
  public ScheduledFuture<?> schedule(Callable<?> task, long delay, TimeUnit unit) {
    Timer<?> timer = new Timer<>(task, nanos + unit.toNanos(delay));
    timers.add(timer);
    return timer;
  }

  /** Runs what is due now, and what becomes due by that. */
  void settle() {
    wind(Duration.ZERO);
  }

  /** Lets time pass, and runs what becomes due meanwhile, each at its time. */
  void wind(Duration passing) {
    long end = nanos + passing.toNanos();
    while (true) {
      Timer<?> next =
          timers.stream()
              .filter(timer -> timer.at <= end)
              .min(
                  Comparator.<Timer<?>>comparingLong(timer -> timer.at).thenComparing(t -> t.order))
              .orElse(null);
      if (next == null) {
        nanos = end;
        return;
      }
      timers.remove(next);
      nanos = Math.max(nanos, next.at);
      next.run();
    }
  }

  @Override
  public void close() {
    timers.clear();
  }
}
