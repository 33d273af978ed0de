package io.capoflow.pipelines.metrics;

import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/** Gathers the figures of one iteration; sums are kept in double. */
final class Figures {
  private final Map<Figure, Double> values = new EnumMap<>(Figure.class);
  private final Map<String, Double> byRule = new LinkedHashMap<>();

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

  /** Puts {@code figure_rule}, a figure as another voting rule gives it, unless not defined. */
  void put(Figure figure, String rule, OptionalDouble value) {
    value.ifPresent(defined -> byRule.put(figure.label() + "_" + rule, defined));
  }

  /** By name, in the order of {@link Figure}; those of voting rules last, as they were put. */
  Map<String, Double> named() {
    Map<String, Double> named = new LinkedHashMap<>();
    values.forEach((figure, value) -> named.put(figure.label(), value));
    named.putAll(byRule);
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
