package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.learning.LearningRateSchedule.Kind;
import org.junit.jupiter.api.Test;

class LearningRateScheduleTest {
  @Test
  void warmsUpLinearlyThenFallsAlongACosineToItsFloor() {
    LearningRateSchedule schedule = new LearningRateSchedule(Kind.COSINE, 2e-4, 4, 12, 0.1);
    assertThat(schedule.rate(0)).isCloseTo(0.5e-4, within(1e-12));
    assertThat(schedule.rate(3)).isEqualTo(2e-4);
    assertThat(schedule.rate(4)).isEqualTo(2e-4);
    assertThat(schedule.rate(8)).isCloseTo(2e-4 * (0.1 + 0.9 * 0.5), within(1e-12));
    assertThat(schedule.rate(12)).isCloseTo(2e-5, within(1e-12));
    assertThat(schedule.rate(1_000)).isCloseTo(2e-5, within(1e-12));
  }

  @Test
  void staysConstantAfterTheWarmup() {
    LearningRateSchedule schedule = new LearningRateSchedule(Kind.CONSTANT, 1e-3, 2, 10, 0);
    assertThat(schedule.rate(0)).isEqualTo(5e-4);
    assertThat(schedule.rate(50)).isEqualTo(1e-3);
    assertThat(LearningRateSchedule.constant(3e-4).rate(0)).isEqualTo(3e-4);
  }

  @Test
  void refusesImpossibleValues() {
    assertThatThrownBy(() -> new LearningRateSchedule(Kind.COSINE, Double.NaN, 0, 1, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new LearningRateSchedule(Kind.COSINE, 1, 0, 0, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> LearningRateSchedule.constant(1).rate(-1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
