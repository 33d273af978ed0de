package io.capoflow.pipelines.critiques.card;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.pipelines.critiques.card.KrippendorffAlpha.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** The published examples are those of Krippendorff, Computing Krippendorff's Alpha-Reliability. */
final class KrippendorffAlphaTest {
  private static final double PUBLISHED_DIGITS = 0.0005;

  /** Section A: two coders, two values, nothing missing. */
  @Test
  void two_coders_of_binary_values_are_as_published() {
    assertThat(alpha(2, "0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"))
        .isCloseTo(0.095, within(PUBLISHED_DIGITS));
  }

  /** Section B: two coders, five values. */
  @Test
  void two_coders_of_nominal_values_are_as_published() {
    assertThat(alpha(5, "0 0 1 1 3 2 2 2 4 3 3 0", "1 0 1 1 1 2 2 2 4 3 3 3"))
        .isCloseTo(0.692, within(PUBLISHED_DIGITS));
  }

  /** Section C: four coders, five values, some missing, a unit with one value alone. */
  @Test
  void missing_values_are_as_published() {
    assertThat(
            alpha(
                5,
                "0 1 2 2 1 0 3 0 1 . . .",
                "0 1 2 2 1 1 3 0 1 4 . 2",
                ". 2 2 2 1 2 3 1 1 4 0 .",
                "0 1 2 2 1 3 3 0 1 4 0 ."))
        .isCloseTo(0.743, within(PUBLISHED_DIGITS));
  }

  @Test
  void what_is_not_defined_says_why() {
    KrippendorffAlpha alpha = new KrippendorffAlpha(2);
    alpha.add(1, 0);
    alpha.add(0, 0);
    assertThat(alpha.state()).isEqualTo(State.NOTHING_TO_COMPARE);
    assertThat(alpha.value()).isEmpty();
    alpha.add(3, 0);
    assertThat(alpha.state()).isEqualTo(State.ONE_VALUE_ONLY);
    assertThat(alpha.value()).isEmpty();
    alpha.add(0, 2);
    assertThat(alpha.state()).isEqualTo(State.DEFINED);
    assertThat(alpha.value()).hasValue(1);
    assertThat(alpha.units()).isEqualTo(2);
  }

  /** From the definition: observed and expected disagreement over single pairs of values. */
  @Property(tries = 200)
  void equals_the_disagreement_of_pairs(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 12) int units,
      @ForAll @IntRange(min = 2, max = 6) int coders) {
    Random random = new Random(seed);
    KrippendorffAlpha alpha = new KrippendorffAlpha(2);
    List<List<Integer>> pairable = new ArrayList<>();
    for (int unit = 0; unit < units; unit++) {
      List<Integer> values = new ArrayList<>();
      for (int coder = 0; coder < coders; coder++) {
        if (random.nextInt(4) > 0) {
          values.add(random.nextInt(2));
        }
      }
      int ones = values.stream().mapToInt(value -> value).sum();
      alpha.add(ones, values.size() - ones);
      if (values.size() > 1) {
        pairable.add(values);
      }
    }
    List<Integer> all = pairable.stream().flatMap(List::stream).toList();
    double observed = 0;
    for (List<Integer> values : pairable) {
      observed += (double) differingPairs(values) / (values.size() - 1);
    }
    long expected = differingPairs(all);
    if (expected == 0) {
      assertThat(alpha.value()).isEmpty();
    } else {
      assertThat(alpha.value().getAsDouble())
          .isCloseTo(1 - observed * (all.size() - 1) / expected, within(1e-12));
    }
  }

  private static long differingPairs(List<Integer> values) {
    return values.stream()
        .mapToLong(one -> values.stream().filter(other -> !other.equals(one)).count())
        .sum();
  }

  /** A line for each coder, a value for each unit; a dot is missing. */
  private static double alpha(int values, String... coders) {
    KrippendorffAlpha alpha = new KrippendorffAlpha(values);
    int units = coders[0].split(" ", -1).length;
    for (int unit = 0; unit < units; unit++) {
      int[] counts = new int[values];
      for (String coder : coders) {
        String value = coder.split(" ", -1)[unit];
        if (!value.equals(".")) {
          counts[Integer.parseInt(value)]++;
        }
      }
      alpha.add(counts);
    }
    return alpha.value().orElseThrow();
  }
}
