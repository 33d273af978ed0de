package io.capoflow.models.endpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The one lock over the state of a client. What leaves the client, such as a request or a finished
 * future, leaves after the lock is free: others' code runs there. Thread-safe.
 */
final class Guard {
  /** What is to be done when the lock is free, in this order. */
  static final class Later {
    private final List<Runnable> tasks = new ArrayList<>();

    private Later() {}

    void run(Runnable task) {
      tasks.add(task);
    }
  }

  /** Does something under the lock, and what it wants done afterwards outside of it. */
  void run(Consumer<Later> work) {
    get(
        later -> {
          work.accept(later);
          return this;
        });
  }

  /** The same, with a result. */
  <T> T get(Function<Later, T> work) {
    Later later = new Later();
    T result;
    synchronized (this) {
      result = work.apply(later);
    }
    later.tasks.forEach(Runnable::run);
    return result;
  }
}
