package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Draws;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GradientPartsTest {
  @Test
  void everySequenceIsInOnePartAndNoPartIsMostlyEmpty() {
    List<TrainingSequence> sequences = sequences(40);
    List<List<Integer>> parts = GradientParts.of(sequences, Layout.PADDED, 1_300);

    assertThat(parts.stream().flatMap(List::stream))
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 40).boxed().toList());
    assertThat(parts).hasSizeGreaterThan(1);
    for (List<Integer> part : parts) {
      List<Integer> slots = part.stream().map(i -> PartRows.slots(sequences.get(i))).toList();
      int width = Collections.max(slots);
      assertThat(slots.stream().filter(s -> s > 0).mapToInt(s -> width - s).sum())
          .isLessThanOrEqualTo(GradientParts.WASTE);
    }
  }

  @Test
  void partsGoByLengthAndNotByOrder() {
    List<TrainingSequence> sequences = sequences(40);
    List<TrainingSequence> backwards = new ArrayList<>(sequences);
    Collections.reverse(backwards);

    assertThat(lengths(backwards)).isEqualTo(lengths(sequences));
    assertThat(lengths(sequences).get(0)).contains(longest(sequences));
  }

  @Test
  void theLastPartIsNoCrumb() {
    // A limit of 1,300 takes 20 of these rows.
    List<TrainingSequence> sequences =
        IntStream.range(0, 42).mapToObj(i -> Samples.sequence(i, 6, 60)).toList();
    for (Layout layout : Layout.values()) {
      assertThat(GradientParts.of(sequences.subList(0, 20), layout, 1_300)).hasSize(1);
      assertThat(GradientParts.of(sequences.subList(0, 21), layout, 1_300))
          .extracting(List::size)
          .containsExactly(11, 10);
      // Not 20, 20 and 2.
      assertThat(GradientParts.of(sequences, layout, 1_300))
          .extracting(List::size)
          .containsExactly(11, 11, 11, 9);
    }
  }

  @Test
  void packedRowsHoldWhatFitsIntoThem() {
    // Slots of 60, 40, 40, 20, 20: in rows of 60 they are three rows, padded five.
    List<TrainingSequence> sequences =
        IntStream.of(60, 40, 20, 40, 20)
            .mapToObj(slots -> Samples.sequence(slots, 11, slots - 10))
            .toList();
    assertThat(GradientParts.of(sequences, Layout.PACKED, 180))
        .containsExactly(List.of(0, 1, 3, 2, 4));
    assertThat(GradientParts.of(sequences, Layout.PADDED, 180)).hasSize(2);
  }

  @Test
  void nothingIsNoPart() {
    assertThat(GradientParts.of(List.of(), Layout.PADDED, 1_300)).isEmpty();
    assertThatThrownBy(() -> GradientParts.of(List.of(), Layout.PADDED, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static int longest(List<TrainingSequence> sequences) {
    return sequences.stream().mapToInt(TrainingSequence::tokens).max().orElseThrow();
  }

  private static List<List<Integer>> lengths(List<TrainingSequence> sequences) {
    return GradientParts.of(sequences, Layout.PADDED, 1_300).stream()
        .map(part -> part.stream().map(i -> sequences.get(i).tokens()).toList())
        .toList();
  }

  /** Every seventh without a response. */
  private static List<TrainingSequence> sequences(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> Samples.sequence(i, 3, i % 7 == 0 ? 0 : 1 + Draws.integer(5, i, 90)))
        .toList();
  }
}
