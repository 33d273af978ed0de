package io.capoflow.models.cache;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Cancelled;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Keeps what is costly to open (a model, a client, a journal) open between uses: of each role the
 * newest stays, an older one is closed as soon as nobody uses it. Thread-safe; one is opened once
 * however many threads ask for it at a time, and whoever asks for another does not wait for it.
 *
 * @param <R> what a value is used as; values of different roles do not displace each other
 * @param <K> what makes two values the same, such as a model's content and device
 * @param <M> the values
 */
public final class LeaseCache<R, K, M extends AutoCloseable> {
  private final Function<? super K, ? extends M> loader;
  private final Predicate<? super M> usable;
  private final Lock lock = new ReentrantLock();
  private final Condition opened = lock.newCondition();
  private final List<Entry<R, K, M>> entries = new ArrayList<>();
  private final Map<R, K> newest = new HashMap<>();
  private final Map<R, Long> openings = new HashMap<>();

  private static final class Entry<R, K, M> {
    private final R role;
    private final K key;

    /** Those who open it and those who wait for that, too. */
    private int users = 1;

    /** Null until it is open. */
    private M value;

    private boolean failed;

    Entry(R role, K key) {
      this.role = role;
      this.key = key;
    }
  }

  /** The right to use a value until closed; closing twice is harmless. */
  public final class Lease implements AutoCloseable {
    private final Entry<R, K, M> entry;
    private boolean open = true;

    private Lease(Entry<R, K, M> entry) {
      this.entry = entry;
    }

    /** What is leased. */
    public M value() {
      return entry.value;
    }

    @Override
    public void close() {
      lock.lock();
      try {
        if (open) {
          open = false;
          leave(entry);
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * A cache of values that stay usable, without anything in it.
   *
   * @param loader opens a value
   */
  public LeaseCache(Function<? super K, ? extends M> loader) {
    this(loader, value -> true);
  }

  /**
   * A cache without anything in it.
   *
   * @param loader opens a value
   * @param usable whether a value may be leased again after nobody used it; one that may not is
   *     closed then, and opened anew
   */
  public LeaseCache(Function<? super K, ? extends M> loader, Predicate<? super M> usable) {
    this.loader = requireNonNull(loader, "loader");
    this.usable = requireNonNull(usable, "usable");
  }

  /**
   * The value, opened if it is not; it becomes the newest of its role.
   *
   * @throws Cancelled when the thread is interrupted while it waits for another that opens the
   *     value
   * @throws RuntimeException what the loader has thrown; others who wait for the value try it then
   */
  public Lease lease(R role, K key) {
    Entry<R, K, M> entry = claim(role, key);
    if (entry.value == null) {
      open(entry);
    }
    return new Lease(entry);
  }

  /** How many values of a role were opened so far. */
  public long opened(R role) {
    lock.lock();
    try {
      return openings.getOrDefault(role, 0L);
    } finally {
      lock.unlock();
    }
  }

  /** A value that is open, or one that nobody but the caller opens. */
  private Entry<R, K, M> claim(R role, K key) {
    lock.lock();
    try {
      newest.put(role, key);
      // Before loading, so that two versions of a model need not fit into memory at once.
      closeUnused(role);
      while (true) {
        Optional<Entry<R, K, M>> found =
            entries.stream()
                .filter(entry -> entry.role.equals(role) && entry.key.equals(key))
                .filter(entry -> entry.users > 0 || usable.test(entry.value))
                .findFirst();
        if (found.isEmpty()) {
          Entry<R, K, M> fresh = new Entry<>(role, key);
          entries.add(fresh);
          return fresh;
        }
        Entry<R, K, M> entry = found.get();
        entry.users++;
        awaitOpening(entry);
        if (!entry.failed) {
          return entry;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void awaitOpening(Entry<R, K, M> entry) {
    try {
      while (entry.value == null && !entry.failed) {
        opened.await();
      }
    } catch (InterruptedException e) {
      leave(entry);
      throw Cancelled.by(e, "waiting for what another thread opens");
    }
  }

  /** Outside the lock, since it may take minutes. */
  private void open(Entry<R, K, M> entry) {
    M value = null;
    try {
      value = requireNonNull(loader.apply(entry.key), "value");
    } finally {
      lock.lock();
      try {
        entry.value = value;
        entry.failed = value == null;
        if (entry.failed) {
          entries.remove(entry);
        } else {
          openings.merge(entry.role, 1L, Long::sum);
        }
        opened.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private void leave(Entry<R, K, M> entry) {
    entry.users--;
    closeUnused(entry.role);
  }

  private void closeUnused(R role) {
    for (Entry<R, K, M> entry : List.copyOf(entries)) {
      if (entry.role.equals(role) && entry.users == 0 && !isKept(entry)) {
        entries.remove(entry);
        close(entry.value);
      }
    }
  }

  private boolean isKept(Entry<R, K, M> unused) {
    return unused.key.equals(newest.get(unused.role)) && usable.test(unused.value);
  }

  private static void close(AutoCloseable value) {
    try {
      value.close();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("closing what was leased failed", e);
    }
  }
}
