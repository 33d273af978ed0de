package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class GradientPartsPropertiesTest {
  @Property
  void everySequenceIsInOnePart(
      @ForAll("sequences") List<TrainingSequence> sequences,
      @ForAll Layout layout,
      @ForAll @IntRange(min = 1, max = 400) int limit) {
    assertThat(GradientParts.of(sequences, layout, limit).stream().flatMap(List::stream))
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, sequences.size()).boxed().toList());
  }

  @Property
  void noPartOfSeveralIsAboveTheLimit(
      @ForAll("sequences") List<TrainingSequence> sequences,
      @ForAll Layout layout,
      @ForAll @IntRange(min = 1, max = 400) int limit) {
    for (List<Integer> part : GradientParts.of(sequences, layout, limit)) {
      List<TrainingSequence> some = part.stream().map(sequences::get).toList();
      long rowsTaken = some.stream().filter(each -> PartRows.slots(each) > 0).count();
      if (rowsTaken > 1) {
        assertThat(new PartRows(some, layout).size()).isLessThanOrEqualTo(limit);
      }
    }
  }

  @Property
  void onlyTheLengthsCount(
      @ForAll("sequences") List<TrainingSequence> sequences,
      @ForAll Layout layout,
      @ForAll @IntRange(min = 1, max = 400) int limit,
      @ForAll Random random) {
    List<TrainingSequence> shuffled = new ArrayList<>(sequences);
    Collections.shuffle(shuffled, random);
    assertThat(lengths(shuffled, layout, limit)).isEqualTo(lengths(sequences, layout, limit));
  }

  @Property
  void equalRowsAreDividedEvenly(
      @ForAll @IntRange(min = 1, max = 90) int count,
      @ForAll @IntRange(min = 1, max = 60) int slots,
      @ForAll Layout layout,
      @ForAll @IntRange(min = 1, max = 400) int limit) {
    List<TrainingSequence> sequences =
        IntStream.range(0, count).mapToObj(i -> sequence(slots)).toList();
    List<List<Integer>> parts = GradientParts.of(sequences, layout, limit);
    int inOne = Math.max(1, limit / slots);
    int fewest = (count + inOne - 1) / inOne;
    int wanted = fewest < 3 ? fewest : (fewest + 3) / 4 * 4;
    int even = (count + wanted - 1) / wanted;
    List<Integer> sizes = parts.stream().map(List::size).toList();
    assertThat(sizes.subList(0, sizes.size() - 1)).allMatch(size -> size == even);
    assertThat(sizes.get(sizes.size() - 1)).isLessThanOrEqualTo(even);
    assertThat(sizes).hasSizeBetween(fewest, wanted);
  }

  @Provide
  Arbitrary<List<TrainingSequence>> sequences() {
    return Arbitraries.integers()
        .between(0, 120)
        .map(GradientPartsPropertiesTest::sequence)
        .list()
        .ofMaxSize(70);
  }

  /** Of so many slots. */
  private static TrainingSequence sequence(int slots) {
    return slots == 0
        ? new TrainingSequence(new int[] {1, 2}, new int[0], new float[0])
        : new TrainingSequence(new int[] {1}, new int[slots], new float[slots]);
  }

  private static List<List<Integer>> lengths(
      List<TrainingSequence> sequences, Layout layout, int limit) {
    return GradientParts.of(sequences, layout, limit).stream()
        .map(part -> part.stream().map(i -> PartRows.slots(sequences.get(i))).toList())
        .toList();
  }
}
