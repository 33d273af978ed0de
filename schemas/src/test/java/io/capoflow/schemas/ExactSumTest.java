package io.capoflow.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ExactSumTest {
  @Test
  void nothing_is_lost_beside_what_is_large() {
    ExactSum sum = new ExactSum();
    for (double part : new double[] {1e100, 1, -1e100, 1e-3}) {
      sum.add(part);
    }
    assertThat(sum.value()).isEqualTo(1 + 1e-3);
  }

  @Test
  void tenths_make_one() {
    ExactSum sum = new ExactSum();
    for (int i = 0; i < 10; i++) {
      sum.add(0.1);
    }
    assertThat(sum.value()).isEqualTo(1);
  }

  @Test
  void the_order_of_many_distinct_parts_changes_nothing() {
    Random random = new Random(7);
    List<Double> parts = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      parts.add(random.nextDouble() * Math.pow(10, random.nextInt(30)));
    }
    double sum = sum(parts);
    Collections.shuffle(parts, random);
    assertThat(sum(parts)).isEqualTo(sum);
    assertThat(sum(Collections.nCopies(3, 1 / 3.0))).isEqualTo(1);
  }

  @Test
  void what_is_no_number_is_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new ExactSum().add(Double.NaN));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ExactSum().add(Double.POSITIVE_INFINITY));
  }

  private static double sum(List<Double> parts) {
    ExactSum sum = new ExactSum();
    parts.forEach(sum::add);
    return sum.value();
  }
}
