package io.capoflow.models.cache;

import static java.util.Objects.requireNonNull;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Function;

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
  private final Map<Slot<R, K>, Loaded<M>> models = new HashMap<>();
  private final Map<R, K> newest = new HashMap<>();

  private record Slot<R, K>(R role, K key) {}

  private static final class Loaded<M> {
    private final M model;
    private int users;

    Loaded(M model) {
      this.model = model;
    }
  }

  /** The right to use a value until closed; closing twice is harmless. */
  public final class Lease implements AutoCloseable {
    private final Slot<R, K> slot;
    private final M model;
    private boolean open = true;

    private Lease(Slot<R, K> slot, M model) {
      this.slot = slot;
      this.model = model;
    }

    /** What is leased. */
    public M value() {
      return model;
    }

    @Override
    public void close() {
      synchronized (LeaseCache.this) {
        if (open) {
          open = false;
          models.get(slot).users--;
          closeUnused(slot.role());
        }
      }
    }
  }

  /**
   * A cache without anything in it.
   *
   * @param loader opens a value
   */
  public LeaseCache(Function<? super K, ? extends M> loader) {
    this.loader = requireNonNull(loader, "loader");
  }

  /** The value, opened if it is not; it becomes the newest of its role. */
  public synchronized Lease lease(R role, K key) {
    Slot<R, K> slot = new Slot<>(role, key);
    newest.put(role, key);
    // Before loading, so that two versions need not fit into memory at once.
    closeUnused(role);
    Loaded<M> loaded = models.get(slot);
    if (loaded == null) {
      loaded = new Loaded<>(loader.apply(key));
      models.put(slot, loaded);
    }
    loaded.users++;
    return new Lease(slot, loaded.model);
  }

  private void closeUnused(R role) {
    Iterator<Map.Entry<Slot<R, K>, Loaded<M>>> entries = models.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<Slot<R, K>, Loaded<M>> entry = entries.next();
      Slot<R, K> slot = entry.getKey();
      boolean kept = slot.key().equals(newest.get(role)) || entry.getValue().users > 0;
      if (slot.role().equals(role) && !kept) {
        entries.remove();
        close(entry.getValue().model);
      }
    }
  }

  private static void close(AutoCloseable model) {
    try {
      model.close();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("closing what was leased failed", e);
    }
  }
}
