package io.capoflow.runners.engine;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * Says so when a cluster has fewer slots than a job asks for, and when it has them again: such a
 * job waits, and looks as though it worked. For one thread.
 */
final class SlotWatch {
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(5);

  private final int needed;
  private final IntSupplier slots;
  private final Consumer<String> notices;
  private long nextLook;
  private boolean lacking;

  /**
   * @param needed slots of the job
   * @param slots that the cluster has now, taken or free
   * @param nanos the time now, as {@link System#nanoTime} tells it
   */
  SlotWatch(int needed, IntSupplier slots, long nanos, Consumer<String> notices) {
    this.needed = needed;
    this.slots = requireNonNull(slots, "slots");
    this.nextLook = nanos + BETWEEN_LOOKS.toNanos();
    this.notices = requireNonNull(notices, "notices");
  }

  /** Looks, where the last look is some seconds ago. */
  void look(long nanos) {
    if (nanos - nextLook < 0) {
      return;
    }
    nextLook = nanos + BETWEEN_LOOKS.toNanos();
    int there = slots.getAsInt();
    if (there < needed && !lacking) {
      notices.accept(
          "the cluster has %d slots, and the job needs %d: it waits until other TaskManagers are there"
              .formatted(there, needed));
    } else if (there >= needed && lacking) {
      notices.accept("the cluster has %d slots again: the job goes on".formatted(there));
    }
    lacking = there < needed;
  }
}
