package io.capoflow.verifiers.expression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ExactArithmeticTest {
  @Property(tries = 500)
  void rootsOfPowersAreExactAndTheirNeighboursHaveNone(
      @ForAll @IntRange(min = 2, max = 2_000_000) int small,
      @ForAll @IntRange(min = 1, max = 40) int length,
      @ForAll @IntRange(min = 2, max = 12) int index) {
    BigInteger root = BigInteger.valueOf(small).pow(length).add(BigInteger.valueOf(length));
    BigInteger power = root.pow(index);
    if (power.bitLength() > 2 * Budget.BITS) {
      return;
    }
    assertThat(new ExactArithmetic(new Budget()).root(Rational.of(power), index))
        .isEqualTo(Rational.of(root));
    assertThat(
            new ExactArithmetic(new Budget())
                .root(Rational.of(BigInteger.ONE, power), index)
                .denominator())
        .isEqualTo(root);
    for (int away : new int[] {-1, 1}) {
      Rational neighbour = Rational.of(power.add(BigInteger.valueOf(away)));
      assertThatThrownBy(() -> new ExactArithmetic(new Budget()).root(neighbour, index))
          .isInstanceOf(OutOfReach.class);
    }
  }

  @Test
  void largeNumbersCostWhatTheirDigitsCost() {
    Budget small = new Budget();
    Budget large = new Budget();
    new ExactArithmetic(small).add(third(1), third(2));
    new ExactArithmetic(large).add(third(1_000), third(999));
    assertThat(large.spent()).isGreaterThan(50 * small.spent());
  }

  @Test
  void wholePartsAndComparisonsCostWhatTheirDigitsCost() {
    assertThat(spentOn(1_000, Function.FLOOR)).isGreaterThan(30 + spentOn(1, Function.FLOOR));
    assertThat(spentOn(1_000, Function.CEILING)).isGreaterThan(30 + spentOn(1, Function.CEILING));
    assertThat(spentOnMaximum(1_000)).isGreaterThan(30 + spentOnMaximum(1));
  }

  private static long spentOn(int power, Function function) {
    Budget budget = new Budget();
    new ExactArithmetic(budget).apply(function, Rational.ONE.plus(third(power)));
    return budget.spent();
  }

  private static long spentOnMaximum(int power) {
    Budget budget = new Budget();
    Rational one = Rational.ONE.plus(third(power));
    new ExactArithmetic(budget).maximum(one, one.negate());
    return budget.spent();
  }

  @Test
  void whatIsTooDearIsOutOfReach() {
    ExactArithmetic arithmetic = new ExactArithmetic(new Budget());
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 1_000; i++) {
                arithmetic.add(third(2_000), third(1_999));
              }
            })
        .isInstanceOf(OutOfReach.class);
  }

  private static Rational third(int power) {
    return Rational.of(BigInteger.ONE, BigInteger.valueOf(3).pow(power));
  }
}
