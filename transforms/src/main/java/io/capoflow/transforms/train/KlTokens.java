package io.capoflow.transforms.train;

import io.capoflow.models.learning.ObjectiveSettings.KlEstimator;
import io.capoflow.transforms.storage.KlToken;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.PriorityQueue;
import java.util.function.IntFunction;

/**
 * How far the tokens of an update were from the reference: k3 of each response token in each
 * optimizer step.
 *
 * <p>k3 has a long tail, so its mean can be one token's. Here is what stands beside that mean: the
 * tokens with the largest k3, and a mean that they cannot move, in which the largest thousandth of
 * the tokens, rounded up, counts as the next smaller token does (a winsorised mean: Dixon,
 * "Simplified estimation from censored normal samples", 1960). It needs the memory of that
 * thousandth. Not thread-safe.
 */
final class KlTokens {
  private static final int ONE_IN = 1_000;
  private static final int SHOWN = 5;

  /** Of equal tokens the first is the largest, so that their order does not hang on the heap's. */
  private static final Comparator<Found> SMALLEST_FIRST =
      Comparator.comparingDouble(Found::k3)
          .thenComparing(Found::step, Comparator.reverseOrder())
          .thenComparing(Found::rolloutId, Comparator.reverseOrder())
          .thenComparing(Found::position, Comparator.reverseOrder());

  private final PriorityQueue<Double> largest = new PriorityQueue<>();
  private final PriorityQueue<Found> shown = new PriorityQueue<>(SMALLEST_FIRST);
  private final long capped;
  private double sumOfOthers;
  private long tokens;

  private record Found(
      double k3,
      int step,
      String rolloutId,
      int position,
      int tokenId,
      double logPolicy,
      double logReference) {}

  /**
   * @param expected response tokens of all steps together
   */
  KlTokens(long expected) {
    this.capped = (expected + ONE_IN - 1) / ONE_IN;
  }

  /**
   * Adds a rollout as a step found it.
   *
   * @param step of the update, from 0
   * @param logPolicy log π_θ of each response token
   * @param logReference log π_ref of each response token
   */
  void add(int step, String rolloutId, int[] tokenIds, double[] logPolicy, float[] logReference) {
    for (int t = 0; t < tokenIds.length; t++) {
      double k3 = KlEstimator.k3(logReference[t], logPolicy[t]);
      tokens++;
      largest.add(k3);
      if (largest.size() > capped + 1) {
        sumOfOthers += largest.remove();
      }
      shown.add(new Found(k3, step, rolloutId, t, tokenIds[t], logPolicy[t], logReference[t]));
      if (shown.size() > SHOWN) {
        shown.remove();
      }
    }
  }

  /** The mean over all tokens with the largest capped; empty without tokens. */
  OptionalDouble cappedMean() {
    return tokens == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of((sumOfOthers + largest.size() * largest.element()) / tokens);
  }

  /**
   * The tokens with the largest k3, largest first.
   *
   * @param text of a token id
   */
  List<KlToken> largest(IntFunction<String> text) {
    return shown.stream()
        .sorted(SMALLEST_FIRST.reversed())
        .map(
            found ->
                new KlToken(
                    found.rolloutId(),
                    found.position(),
                    found.tokenId(),
                    text.apply(found.tokenId()),
                    found.step(),
                    found.k3(),
                    found.logPolicy(),
                    found.logReference()))
        .toList();
  }
}
