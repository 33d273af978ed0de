package io.capoflow.models.learning;

import java.io.Serializable;

/**
 * How the work of a mini-batch is divided. The first of these changes the last bits of what is
 * learned; the other two change its time and its memory, and never a bit.
 *
 * @param slots of a part, padding included, as {@link GradientParts#of} takes them
 * @param workers threads that compute parts at the same time, each with gradients of its own;
 *     {@link #EVERY_CORE}: what the machine has
 * @param slotsInFlight slots of all parts that are computed at a time; a larger part runs alone
 */
public record PartSettings(int slots, int workers, int slotsInFlight) implements Serializable {
  /** As many workers as a CPU has cores for, and one on a GPU. */
  public static final int EVERY_CORE = 0;

  /** Parts of {@link GradientParts#SLOTS}, computed by one thread. */
  public static final PartSettings STANDARD = new PartSettings(GradientParts.SLOTS, 1, 1 << 14);

  public PartSettings {
    if (slots < 1 || workers < 0 || slotsInFlight < 1) {
      throw new IllegalArgumentException(
          "slots must be positive and workers not negative: %d, %d, %d"
              .formatted(slots, workers, slotsInFlight));
    }
  }

  /**
   * The same with the number of workers that a device has for it.
   *
   * @param cpu whether it is one
   * @param threads of one tensor operation
   */
  public PartSettings on(boolean cpu, int threads) {
    if (workers != EVERY_CORE) {
      return this;
    }
    int cores = Runtime.getRuntime().availableProcessors();
    return new PartSettings(slots, cpu ? Math.max(1, cores / threads) : 1, slotsInFlight);
  }
}
