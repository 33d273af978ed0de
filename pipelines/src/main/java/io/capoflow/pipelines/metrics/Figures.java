package io.capoflow.pipelines.metrics;

import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/** Gathers the figures of one iteration; sums are kept in double. */
final class Figures {
  private final Map<Figure, Double> values = new EnumMap<>(Figure.class);

  void put(Figure figure, double value) {
    values.put(figure, value);
  }

  /** Puts a count. */
  void put(Figure figure, long count) {
    put(figure, (double) count);
  }

  /** Puts a mean, unless nothing was counted. */
  void put(Figure figure, Mean mean) {
    put(figure, mean.value());
  }

  /** Puts a figure, unless it is not defined. */
  void put(Figure figure, OptionalDouble value) {
    value.ifPresent(defined -> put(figure, defined));
  }

  /** By name, in the order of {@link Figure}. */
  Map<String, Double> named() {
    Map<String, Double> named = new LinkedHashMap<>();
    values.forEach((figure, value) -> named.put(figure.label(), value));
    return Collections.unmodifiableMap(named);
  }

  /** A running mean. */
  static final class Mean {
    private double sum;
    private long count;

    void add(double value) {
      add(value, 1);
    }

    void add(double addedSum, long addedCount) {
      sum += addedSum;
      count += addedCount;
    }

    /** Adds a share's parts. */
    void add(long part, long whole) {
      add((double) part, whole);
    }

    void add(boolean holds) {
      add(holds ? 1.0 : 0.0);
    }

    /** Empty where nothing was counted. */
    OptionalDouble value() {
      return count == 0 ? OptionalDouble.empty() : OptionalDouble.of(sum / count);
    }
  }
}
