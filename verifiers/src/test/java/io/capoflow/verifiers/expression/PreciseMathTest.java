package io.capoflow.verifiers.expression;

import static org.assertj.core.api.Assertions.assertThat;

import ch.obermuhlner.math.big.BigDecimalMath;
import java.math.BigDecimal;
import java.math.MathContext;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.BigRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;
import org.junit.jupiter.api.Test;

/** Against big-math, which computes the same in another way. */
class PreciseMathTest {
  private static final MathContext CONTEXT = new MathContext(80);
  private static final BigDecimal LIMIT = new BigDecimal("1e-55");

  @Property(tries = 300)
  void elementaryFunctionsAgreeTo55Digits(
      @ForAll @BigRange(min = "-100", max = "100") @Scale(9) BigDecimal x) {
    agrees(PreciseMath.exp(x), BigDecimalMath.exp(x, CONTEXT));
    agrees(PreciseMath.sin(x), BigDecimalMath.sin(x, CONTEXT));
    agrees(PreciseMath.cos(x), BigDecimalMath.cos(x, CONTEXT));
    agrees(PreciseMath.atan(x), BigDecimalMath.atan(x, CONTEXT));
  }

  @Property(tries = 300)
  void logarithmsAndRootsAgreeTo55Digits(
      @ForAll @BigRange(min = "0.000000001", max = "1000000000000") @Scale(9) BigDecimal x,
      @ForAll @IntRange(min = 2, max = 9) int index) {
    agrees(PreciseMath.ln(x), BigDecimalMath.log(x, CONTEXT));
    agrees(PreciseMath.root(x, index), BigDecimalMath.root(x, BigDecimal.valueOf(index), CONTEXT));
  }

  @Property(tries = 100)
  void largeAndSmallArgumentsAgreeTo55Digits(
      @ForAll @BigRange(min = "1", max = "10") @Scale(9) BigDecimal x,
      @ForAll @IntRange(min = -60, max = 15) int power) {
    BigDecimal scaled = x.scaleByPowerOfTen(power);
    agrees(PreciseMath.sin(scaled), BigDecimalMath.sin(scaled, CONTEXT));
    agrees(PreciseMath.cos(scaled), BigDecimalMath.cos(scaled, CONTEXT));
    agrees(PreciseMath.atan(scaled), BigDecimalMath.atan(scaled, CONTEXT));
    agrees(
        PreciseMath.root(scaled, 3), BigDecimalMath.root(scaled, BigDecimal.valueOf(3), CONTEXT));
  }

  @Test
  void constantsAgreeTo60Digits() {
    BigDecimal limit = new BigDecimal("1e-60");
    assertThat(PreciseMath.PI.subtract(BigDecimalMath.pi(CONTEXT)).abs()).isLessThan(limit);
    assertThat(PreciseMath.EULER.subtract(BigDecimalMath.e(CONTEXT)).abs()).isLessThan(limit);
  }

  /** To 55 significant digits, or to 55 behind the point where the value itself is small. */
  private static void agrees(BigDecimal computed, BigDecimal expected) {
    BigDecimal scale = expected.abs().min(BigDecimal.ONE);
    BigDecimal wide = expected.abs().max(BigDecimal.ONE);
    BigDecimal tolerance =
        expected.abs().compareTo(new BigDecimal("1e-12")) < 0
            ? LIMIT.max(scale.multiply(new BigDecimal("1e-30")))
            : LIMIT.multiply(wide);
    assertThat(computed.subtract(expected).abs())
        .as(computed + " " + expected)
        .isLessThanOrEqualTo(tolerance);
  }
}
