package io.capoflow.models.learning;

import java.util.List;

/** Sequences of one step in the parts that are computed apart. Those without tokens are in none. */
final class MiniBatch {
  private final List<TrainingSequence> sequences;
  private final List<Part> parts;

  private record Part(List<Integer> sequences, PartRows rows) {}

  /**
   * @param slots of a part, as {@link GradientParts#of} takes them
   */
  MiniBatch(List<TrainingSequence> sequences, Layout layout, int slots) {
    this.sequences = List.copyOf(sequences);
    this.parts =
        GradientParts.of(sequences, layout, slots).stream()
            .map(
                part ->
                    new Part(
                        part, new PartRows(part.stream().map(sequences::get).toList(), layout)))
            .filter(part -> part.rows().tokens() > 0)
            .toList();
  }

  /** Slots of each part, padding included. */
  long[] slots() {
    return parts.stream().mapToLong(part -> part.rows().size()).toArray();
  }

  /** The rows of a part. */
  PartRows part(int part) {
    return parts.get(part).rows();
  }

  /** The index in the mini-batch of a part's sequence. */
  int sequence(int part, int indexInPart) {
    return parts.get(part).sequences().get(indexInPart);
  }

  /**
   * @throws DivergenceException when a part's loss is no number to learn from
   */
  void requireFinite(double loss, int part, long optimizerSteps) {
    if (!Double.isFinite(loss)) {
      throw new DivergenceException(
          "the loss is %s in part %d of %d at optimizer step %d"
              .formatted(loss, part + 1, parts.size(), optimizerSteps));
    }
  }

  /** A part's sequence. */
  TrainingSequence sequenceOf(int part, int indexInPart) {
    return sequences.get(sequence(part, indexInPart));
  }
}
