package io.capoflow.worlds.arithmetic;

import io.capoflow.schemas.Draws;
import java.util.List;

/** Successive draws of one key. Not thread-safe; lives as long as one example takes to make. */
final class Dice {
  private final long key;
  private long position;

  Dice(Object... keyParts) {
    this.key = Draws.key(keyParts);
  }

  boolean chance(double probability) {
    return Draws.uniform(key, position++) < probability;
  }

  double uniform(double least, double most) {
    return least + (most - least) * Draws.uniform(key, position++);
  }

  /** Uniform over 0, …, bound - 1. */
  int below(int bound) {
    return Draws.integer(key, position++, bound);
  }

  <T> T oneOf(List<T> choices) {
    return choices.get(below(choices.size()));
  }
}
