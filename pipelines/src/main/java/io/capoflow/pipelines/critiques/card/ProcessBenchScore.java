package io.capoflow.pipelines.critiques.card;

import java.util.OptionalInt;

/**
 * The score of ProcessBench (Zheng et al., arXiv:2412.06559, section 3.4): accuracy on solutions
 * with an error, where the prediction must be the very step, accuracy on correct solutions, and the
 * harmonic mean of both, F1. In per cent, computed in the order of the benchmark's own evaluation,
 * so that the digits are the same. For one thread.
 */
final class ProcessBenchScore {
  private static final double PER_CENT = 100;

  private long erroneous;
  private long erroneousMatched;
  private long correct;
  private long correctMatched;
  private long withoutPrediction;

  /**
   * Adds a solution.
   *
   * @param label the first wrong step, or {@link FirstErrors#NONE}
   * @param prediction the same, or empty, which never matches
   */
  void add(int label, OptionalInt prediction) {
    boolean matches = prediction.isPresent() && prediction.getAsInt() == label;
    withoutPrediction += prediction.isPresent() ? 0 : 1;
    if (label == FirstErrors.NONE) {
      correct++;
      correctMatched += matches ? 1 : 0;
    } else {
      erroneous++;
      erroneousMatched += matches ? 1 : 0;
    }
  }

  /** Solutions with an error. */
  long erroneous() {
    return erroneous;
  }

  /** Solutions without one. */
  long correct() {
    return correct;
  }

  /** Solutions of either kind for which nothing was predicted. */
  long withoutPrediction() {
    return withoutPrediction;
  }

  /** Of solutions with an error, in [0, 100]; 0 where there are none. */
  double accuracyOnErroneous() {
    return accuracy(erroneousMatched, erroneous);
  }

  /** Of correct solutions, in [0, 100]; 0 where there are none. */
  double accuracyOnCorrect() {
    return accuracy(correctMatched, correct);
  }

  /** In [0, 100]; 0 where both accuracies are 0. */
  double f1() {
    double both = accuracyOnErroneous() + accuracyOnCorrect();
    return both == 0 ? 0 : 2 * accuracyOnErroneous() * accuracyOnCorrect() / both;
  }

  /** Some figure would divide 0 by 0, which counts as 0 here. */
  boolean dividesByZero() {
    return erroneous == 0 || correct == 0 || erroneousMatched + correctMatched == 0;
  }

  private static double accuracy(long matched, long all) {
    return all == 0 ? 0 : (double) matched / all * PER_CENT;
  }
}
