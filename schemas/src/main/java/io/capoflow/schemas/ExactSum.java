package io.capoflow.schemas;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;

/**
 * A sum of doubles that is rounded once, at its end, so that the order of its parts cannot change
 * it. It is what Python's {@code math.fsum} gives. For one thread; takes the same memory however
 * many parts there are.
 */
public final class ExactSum {
  /** Parts are few distinct values as a rule, such as shares of a few votes. */
  private static final int DISTINCT_VALUES = 1024;

  private final Map<Double, Long> counts = new HashMap<>();
  private BigDecimal folded = BigDecimal.ZERO;

  /** Begins at 0. */
  public ExactSum() {}

  /**
   * Adds a part.
   *
   * @throws IllegalArgumentException when it is infinite or not a number
   */
  public void add(double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("cannot add " + value);
    }
    counts.merge(value, 1L, Long::sum);
    if (counts.size() > DISTINCT_VALUES) {
      fold();
    }
  }

  /** The double that is nearest to the sum. */
  public double value() {
    fold();
    return folded.doubleValue();
  }

  private void fold() {
    counts.forEach(
        (value, count) ->
            folded = folded.add(new BigDecimal(value).multiply(BigDecimal.valueOf(count))));
    counts.clear();
  }
}
