package io.capoflow.pipelines.critiques.card;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.OptionalDouble;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class NumbersTest {
  @Test
  void halves_go_to_the_even_digit_as_in_python() {
    assertThat(Numbers.fixed(0.125, 2)).isEqualTo("0.12");
    assertThat(Numbers.fixed(0.375, 2)).isEqualTo("0.38");
    // Its double is a little less.
    assertThat(Numbers.fixed(1.005, 2)).isEqualTo("1.00");
    assertThat(Numbers.fixed(1234567.891, 2)).isEqualTo("1,234,567.89");
    assertThat(Numbers.fixed(-0.00001, 4)).isEqualTo("0.0000");
    assertThat(Numbers.fixed(OptionalDouble.empty(), 2)).isEqualTo("–");
  }

  @Test
  void shares_of_nothing_are_none() {
    assertThat(Numbers.share(1, 3)).isEqualTo("33.33 %");
    assertThat(Numbers.share(0, 0)).isEqualTo("–");
  }

  @Test
  void exact_numbers_are_short() {
    assertThat(Numbers.exact(0.1)).isEqualTo(new BigDecimal("0.1"));
    assertThat(Numbers.exact(100)).isEqualTo(new BigDecimal("100"));
    assertThat(Numbers.exact(2 / 3.0)).isEqualTo(new BigDecimal("0.6666666666666666"));
  }

  @Property
  void exact_numbers_read_back_as_they_were(@ForAll double value) {
    if (Double.isFinite(value)) {
      assertThat(Numbers.exact(value).doubleValue()).isEqualTo(value == 0 ? 0.0 : value);
    }
  }
}
