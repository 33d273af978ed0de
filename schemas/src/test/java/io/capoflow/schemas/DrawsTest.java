package io.capoflow.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

final class DrawsTest {
  /** The known-answer vectors of the Random123 distribution for philox4x32 with 10 rounds. */
  @Test
  void bitsAreThoseOfPhiloxsPublishedVector() {
    assertThat(Draws.bits(0, 0)).isEqualTo(0x6627e8d5e169c58dL);
  }

  @Property
  void uniformsLieInTheHalfOpenUnitInterval(
      @ForAll long key, @ForAll @LongRange(min = 0) long position) {
    assertThat(Draws.uniform(key, position)).isGreaterThanOrEqualTo(0).isLessThan(1);
  }

  @Property
  void integersStayBelowTheirBound(
      @ForAll long key, @ForAll long position, @ForAll @IntRange(min = 1) int bound) {
    assertThat(Draws.integer(key, position, bound)).isBetween(0, bound - 1);
  }

  @Test
  void uniformsHaveTheMomentsOfTheirDistribution() {
    double sum = 0;
    double squares = 0;
    int count = 100_000;
    for (int position = 0; position < count; position++) {
      double draw = Draws.uniform(Draws.key("moments"), position);
      sum += draw;
      squares += draw * draw;
    }
    assertThat(sum / count).isCloseTo(0.5, within(0.005));
    assertThat(squares / count).isCloseTo(1.0 / 3, within(0.005));
  }

  @Test
  void gaussiansHaveTheMomentsOfTheirDistribution() {
    double sum = 0;
    double squares = 0;
    int count = 100_000;
    for (int position = 0; position < count; position++) {
      double draw = Draws.gaussian(Draws.key("normal"), position);
      sum += draw;
      squares += draw * draw;
    }
    assertThat(sum / count).isCloseTo(0, within(0.015));
    assertThat(squares / count).isCloseTo(1, within(0.02));
  }

  @Test
  void keysTellTheBoundariesOrderAndTypesOfTheirPartsApart() {
    Set<Long> keys = new HashSet<>();
    keys.add(Draws.key());
    keys.add(Draws.key(""));
    keys.add(Draws.key("", ""));
    keys.add(Draws.key("ab", "c"));
    keys.add(Draws.key("a", "bc"));
    keys.add(Draws.key("abc"));
    keys.add(Draws.key("c", "ab"));
    keys.add(Draws.key(1, 2));
    keys.add(Draws.key(2, 1));
    keys.add(Draws.key(12));
    keys.add(Draws.key("12"));
    keys.add(Draws.key(0));
    keys.add(Draws.key(0, 0));
    assertThat(keys).hasSize(13);
    assertThat(Draws.key(7)).isEqualTo(Draws.key(7L));
  }

  @Test
  void aKeyPartOfAnotherTypeIsRefused() {
    assertThatThrownBy(() -> Draws.key(1.5)).isInstanceOf(IllegalArgumentException.class);
  }
}
