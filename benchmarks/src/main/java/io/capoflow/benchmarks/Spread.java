package io.capoflow.benchmarks;

import java.util.List;
import java.util.Locale;

/**
 * A median with the range around it.
 *
 * @param median the mean of the two middle ones where their number is even; NaN of none
 */
record Spread(double median, double least, double greatest) {
  static Spread of(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    if (sorted.isEmpty()) {
      return new Spread(Double.NaN, Double.NaN, Double.NaN);
    }
    int upper = sorted.size() / 2;
    int lower = (sorted.size() - 1) / 2;
    return new Spread(
        (sorted.get(lower) + sorted.get(upper)) / 2, sorted.get(0), sorted.get(sorted.size() - 1));
  }

  /**
   * {@code 1.50 (1.40 to 1.60)}.
   *
   * @param pattern of each number
   */
  String text(String pattern) {
    return String.format(
        Locale.ROOT, pattern + " (" + pattern + " to " + pattern + ")", median, least, greatest);
  }
}
