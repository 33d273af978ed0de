package io.capoflow.models.cache;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Keeps what is costly to open (a model, a client, a journal) open between uses: of each role the
 * newest stays, an older one is closed as soon as nobody uses it. Thread-safe; one is opened once
 * however many threads ask for it.
 *
 * @param <R> what a value is used as; values of different roles do not displace each other
 * @param <K> what makes two values the same, such as a model's content and device
 * @param <M> the values
 */
public final class LeaseCache<R, K, M extends AutoCloseable> {
  private final Function<? super K, ? extends M> loader;
  private final Predicate<? super M> usable;
  private final List<Entry<R, K, M>> entries = new ArrayList<>();
  private final Map<R, K> newest = new HashMap<>();

  private static final class Entry<R, K, M> {
    private final R role;
    private final K key;
    private final M value;
    private int users;

    Entry(R role, K key, M value) {
      this.role = role;
      this.key = key;
      this.value = value;
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
      synchronized (LeaseCache.this) {
        if (open) {
          open = false;
          entry.users--;
          closeUnused(entry.role);
        }
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

  /** The value, opened if it is not; it becomes the newest of its role. */
  public synchronized Lease lease(R role, K key) {
    newest.put(role, key);
    // Before loading, so that two versions of a model need not fit into memory at once.
    closeUnused(role);
    Entry<R, K, M> entry =
        entries.stream()
            .filter(open -> open.role.equals(role) && open.key.equals(key))
            .filter(open -> open.users > 0 || usable.test(open.value))
            .findFirst()
            .orElseGet(() -> open(role, key));
    entry.users++;
    return new Lease(entry);
  }

  private Entry<R, K, M> open(R role, K key) {
    Entry<R, K, M> entry = new Entry<>(role, key, loader.apply(key));
    entries.add(entry);
    return entry;
  }

  private void closeUnused(R role) {
    for (Entry<R, K, M> entry : List.copyOf(entries)) {
      boolean kept = entry.key.equals(newest.get(role)) && usable.test(entry.value);
      if (entry.role.equals(role) && entry.users == 0 && !kept) {
        entries.remove(entry);
        close(entry.value);
      }
    }
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
