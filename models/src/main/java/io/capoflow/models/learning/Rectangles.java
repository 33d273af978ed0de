package io.capoflow.models.learning;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Divides a micro-batch into parts that are computed one after another. Padded rows of very
 * different lengths are mostly padding, so rows of like length go together. Depends on the lengths
 * alone, so that old log-probabilities and training see the same parts.
 */
final class Rectangles {
  /** Empty slots that a part may have before another is cheaper: what starting one costs. */
  static final int WASTE = 256;

  private Rectangles() {}

  /** Indices of each part's sequences; together all of them, once each. */
  static List<List<Integer>> of(List<TrainingSequence> sequences, Layout layout) {
    return switch (layout) {
      case PADDED -> byLength(sequences);
      case PACKED -> List.of(IntStream.range(0, sequences.size()).boxed().toList());
    };
  }

  private static List<List<Integer>> byLength(List<TrainingSequence> sequences) {
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
      if (!part.isEmpty() && waste > WASTE) {
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
