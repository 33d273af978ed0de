package io.capoflow.models.learning;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Divides sequences into parts that are computed apart from one another: a mini-batch's gradient is
 * the sum of its parts' in their order, whoever computes them. Padded rows of very different
 * lengths are mostly padding, so rows of like length go together. The cut depends on the lengths
 * alone: neither on the machine nor on how many parts are computed at a time.
 */
public final class GradientParts {
  /** Empty slots that a part may have before another is cheaper: what starting one costs. */
  static final int WASTE = 256;

  private GradientParts() {}

  /**
   * Indices of each part's sequences; together all of them, once each.
   *
   * @param slots that a part has at most, padding included; a longer sequence has a part to itself
   */
  public static List<List<Integer>> of(List<TrainingSequence> sequences, Layout layout, int slots) {
    return switch (layout) {
      case PADDED -> byLength(sequences, slots);
      case PACKED -> List.of(IntStream.range(0, sequences.size()).boxed().toList());
    };
  }

  private static List<List<Integer>> byLength(List<TrainingSequence> sequences, int limit) {
    List<Integer> longestFirst =
        IntStream.range(0, sequences.size())
            .boxed()
            .sorted(
                Comparator.comparingInt((Integer i) -> MicroBatch.slots(sequences.get(i)))
                    .reversed())
            .toList();
    List<List<Integer>> parts = new ArrayList<>();
    List<Integer> part = new ArrayList<>();
    int width = 0;
    int waste = 0;
    for (int i : longestFirst) {
      int slots = MicroBatch.slots(sequences.get(i));
      // A sequence that takes no part in training takes no row either.
      waste += slots == 0 ? 0 : width - slots;
      if (!part.isEmpty() && (waste > WASTE || (long) width * (part.size() + 1) > limit)) {
        parts.add(List.copyOf(part));
        part.clear();
      }
      if (part.isEmpty()) {
        width = slots;
        waste = 0;
      }
      part.add(i);
    }
    parts.add(List.copyOf(part));
    return List.copyOf(parts);
  }
}
