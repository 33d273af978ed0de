package io.capoflow.runners.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class SessionJobTest {
  @Test
  void aShortJobIsLookedAtOftenAndALongOneSeldom() {
    assertThat(SessionJob.pauseAfter(0)).isEqualTo(20);
    assertThat(SessionJob.pauseAfter(Duration.ofSeconds(6).toNanos())).isBetween(20L, 100L);
    assertThat(SessionJob.pauseAfter(Duration.ofHours(6).toNanos())).isEqualTo(320);
  }
}
