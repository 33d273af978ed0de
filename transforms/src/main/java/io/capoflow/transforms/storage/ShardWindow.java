package io.capoflow.transforms.storage;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The shards that a slot has begun and not finished: many at a time where servers compute them, so
 * that no server waits for a shard's slowest part.
 *
 * <p>For one thread, which alone commits and emits; the parts of shards complete on any thread.
 */
final class ShardWindow<T> {
  /**
   * Parts of shards that are held for each that may be unfinished. A few slow parts must not keep
   * others from being begun, and what they hold back must not fill the memory.
   */
  private static final int HELD_FOR_EACH = 16;

  private final int window;
  private final Set<ShardInFlight<T>> begun = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Queue<ShardInFlight<T>> finished = new ArrayDeque<>();
  private int unfinishedParts;
  private int heldParts;

  /**
   * An empty window.
   *
   * @param window parts that may be unfinished before the slot waits
   */
  ShardWindow(int window) {
    if (window < 1) {
      throw new IllegalArgumentException("a window has at least one part: " + window);
    }
    this.window = window;
  }

  /** Takes a shard that was begun. */
  void add(ShardInFlight<T> shard) {
    List<? extends CompletableFuture<?>> parts = shard.pending().parts();
    synchronized (this) {
      begun.add(shard);
      unfinishedParts += parts.size();
      heldParts += parts.size();
    }
    // What is complete already runs these at once, on this thread.
    for (CompletableFuture<?> part : parts) {
      CompletableFuture<?> unused = part.whenComplete((value, failure) -> partIsFinished());
    }
    CompletableFuture<?> unused =
        shard.pending().rows().whenComplete((rows, failure) -> isFinished(shard));
  }

  /** Shards whose rows are there, each given once, in the order in which they became so. */
  synchronized List<ShardInFlight<T>> takeFinished() {
    List<ShardInFlight<T>> taken = new ArrayList<>(finished);
    finished.clear();
    for (ShardInFlight<T> shard : taken) {
      heldParts -= shard.pending().parts().size();
    }
    return taken;
  }

  /** Waits until another shard may be begun, or one is finished. */
  synchronized void awaitRoom() {
    try {
      while (isFull() && finished.isEmpty()) {
        wait();
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** Waits until a shard is finished; does not wait where none is begun. */
  synchronized void awaitFinished() {
    try {
      while (finished.isEmpty() && !begun.isEmpty()) {
        wait();
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** Whether another shard must wait. */
  synchronized boolean isFull() {
    return unfinishedParts >= window || heldParts >= HELD_FOR_EACH * (long) window;
  }

  /** Whether nothing is left to wait for or to take. */
  synchronized boolean isEmpty() {
    return begun.isEmpty() && finished.isEmpty();
  }

  /** Gives up what is not finished: nobody will take it. */
  void abandon() {
    List<ShardInFlight<T>> abandoned;
    synchronized (this) {
      abandoned = new ArrayList<>(begun);
    }
    for (ShardInFlight<T> shard : abandoned) {
      shard.pending().parts().forEach(part -> part.cancel(true));
    }
  }

  private synchronized void partIsFinished() {
    unfinishedParts--;
    notifyAll();
  }

  private synchronized void isFinished(ShardInFlight<T> shard) {
    begun.remove(shard);
    finished.add(shard);
    notifyAll();
  }

  private static IllegalStateException interrupted(InterruptedException cause) {
    Thread.currentThread().interrupt();
    return new IllegalStateException("interrupted while shards were computed", cause);
  }
}
