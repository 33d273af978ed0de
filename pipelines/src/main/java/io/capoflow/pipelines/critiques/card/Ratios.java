package io.capoflow.pipelines.critiques.card;

import java.util.OptionalDouble;

/** Divides counts. */
final class Ratios {
  private Ratios() {}

  /** Empty where the whole is 0. */
  static OptionalDouble of(long part, long whole) {
    return whole == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) part / whole);
  }
}
