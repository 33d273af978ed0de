package io.capoflow.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SlopeTest {
  @Test
  void aLineHasItsSlope() {
    assertThat(Slope.of(List.of(5.0, 7.0, 9.0, 11.0))).isCloseTo(2, within(1e-12));
  }

  @Test
  void noiseAroundALevelHasNone() {
    assertThat(Slope.of(List.of(3.0, 4.0, 4.0, 3.0))).isCloseTo(0, within(1e-12));
  }

  @Test
  void oneFigureSaysNothing() {
    assertThat(Slope.of(List.of(3.0))).isZero();
  }
}
