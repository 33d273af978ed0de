package io.capoflow.benchmarks;

import java.util.List;

/** How much a figure grows from one observation to the next. */
final class Slope {
  private Slope() {}

  /**
   * By least squares, of figures that are observed at equal distances.
   *
   * @return 0 of fewer than two
   */
  static double of(List<Double> figures) {
    double meanPlace = (figures.size() - 1) / 2.0;
    double mean = figures.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    double together = 0;
    double places = 0;
    for (int place = 0; place < figures.size(); place++) {
      together += (place - meanPlace) * (figures.get(place) - mean);
      places += (place - meanPlace) * (place - meanPlace);
    }
    return places == 0 ? 0 : together / places;
  }
}
