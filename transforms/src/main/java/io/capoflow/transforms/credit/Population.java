package io.capoflow.transforms.credit;

import java.util.Arrays;

/**
 * Mean and population standard deviation of weighted values, accumulated in double, in two passes.
 * No values at all, and values that are all equal, have no spread; that is told by the extremes,
 * since rounding can leave a tiny deviation between equal values. Not thread-safe.
 */
public final class Population {
  /** Keeps the division finite; docs/method.md, "Credit". */
  public static final double EPSILON = 1e-6;

  private double[] values = new double[64];
  private double[] weights = new double[64];
  private int size;

  /** Adds a value; only the ratio of weights matters. */
  public void add(double value, double weight) {
    if (size == values.length) {
      values = Arrays.copyOf(values, 2 * size);
      weights = Arrays.copyOf(weights, 2 * size);
    }
    values[size] = value;
    weights[size] = weight;
    size++;
  }

  /** Mean and deviation of what was added so far. */
  public Statistics statistics() {
    double weight = 0;
    double sum = 0;
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < size; i++) {
      weight += weights[i];
      sum += weights[i] * values[i];
      least = Math.min(least, values[i]);
      most = Math.max(most, values[i]);
    }
    if (size == 0 || least == most) {
      return new Statistics(size == 0 ? 0 : least, 0, true);
    }
    double mean = sum / weight;
    double squares = 0;
    for (int i = 0; i < size; i++) {
      squares += weights[i] * (values[i] - mean) * (values[i] - mean);
    }
    return new Statistics(mean, Math.sqrt(squares / weight), false);
  }

  /**
   * μ and σ of a group.
   *
   * @param zeroSpread all values are equal, or there is none
   */
  public record Statistics(double mean, double deviation, boolean zeroSpread) {
    /** (R - μ) / (σ + ε), and 0 without spread. */
    public double normalise(double value) {
      return zeroSpread ? 0 : (value - mean) / (deviation + EPSILON);
    }
  }
}
