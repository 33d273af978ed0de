package io.capoflow.transforms.storage;

import io.capoflow.schemas.Cancelled;
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
 * <p>For one thread, which alone begins and emits; parts of shards and commits complete on any
 * thread.
 */
final class ShardWindow<T> {
  /**
   * Parts of shards that are held for each that may be unfinished. A few slow parts must not keep
   * others from being begun, and what they hold back must not fill the memory.
   */
  private static final int HELD_FOR_EACH = 16;

  /**
   * Shards whose rows are there and that are being committed. A commit waits for the disk, and
   * several that wait together are done as soon as one: so a slot computes on meanwhile, and holds
   * the rows of so many shards more.
   */
  private static final int COMMITTING = 4;

  private final int window;
  private final Set<ShardInFlight<T>> begun = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Queue<ShardInFlight<T>> finished = new ArrayDeque<>();
  private int unfinishedParts;
  private int heldParts;
  private int committing;

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
    CompletableFuture<?> unusedStart =
        shard.pending().rows().whenComplete((all, failure) -> isCommitting(1));
    CompletableFuture<?> unusedEnd =
        shard.committed().whenComplete((all, failure) -> isFinished(shard));
  }

  /** Shards that are committed or failed, each given once, in the order in which they became so. */
  synchronized List<ShardInFlight<T>> takeFinished() {
    List<ShardInFlight<T>> taken = new ArrayList<>(finished);
    finished.clear();
    for (ShardInFlight<T> shard : taken) {
      heldParts -= shard.pending().parts().size();
    }
    return taken;
  }

  /**
   * Waits until another shard may be begun, or one is finished.
   *
   * @throws Cancelled when the waiting thread is interrupted
   */
  synchronized void awaitRoom() {
    try {
      while (isFull() && finished.isEmpty()) {
        wait();
      }
    } catch (InterruptedException e) {
      throw Cancelled.by(e, "shards were computed");
    }
  }

  /**
   * Waits until a shard is finished; does not wait where none is begun.
   *
   * @throws Cancelled when the waiting thread is interrupted
   */
  synchronized void awaitFinished() {
    try {
      while (finished.isEmpty() && !begun.isEmpty()) {
        wait();
      }
    } catch (InterruptedException e) {
      throw Cancelled.by(e, "shards were computed");
    }
  }

  /** Whether another shard must wait. */
  synchronized boolean isFull() {
    return unfinishedParts >= window
        || heldParts >= HELD_FOR_EACH * (long) window
        || committing >= COMMITTING;
  }

  /** Whether nothing is left to wait for or to take. */
  synchronized boolean isEmpty() {
    return begun.isEmpty() && finished.isEmpty();
  }

  /**
   * Gives up what is not finished: nobody will take it. Returns when no commit is under way any
   * more, so that nothing is written behind the back of who goes on.
   */
  void abandon() {
    List<ShardInFlight<T>> abandoned;
    synchronized (this) {
      abandoned = new ArrayList<>(begun);
    }
    for (ShardInFlight<T> shard : abandoned) {
      shard.pending().parts().forEach(part -> part.cancel(true));
    }
    for (ShardInFlight<T> shard : abandoned) {
      if (shard.pending().rows().isDone()) {
        // How it ends is nobody's business any more.
        shard.committed().handle((rows, failure) -> rows).join();
      }
    }
  }

  private synchronized void partIsFinished() {
    unfinishedParts--;
    notifyAll();
  }

  private synchronized void isCommitting(int more) {
    committing += more;
  }

  private synchronized void isFinished(ShardInFlight<T> shard) {
    isCommitting(-1);
    begun.remove(shard);
    finished.add(shard);
    notifyAll();
  }
}
