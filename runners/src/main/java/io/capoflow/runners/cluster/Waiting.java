package io.capoflow.runners.cluster;

import dev.failsafe.Failsafe;
import dev.failsafe.RetryPolicy;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waiting for what other processes do, of which nobody tells. */
final class Waiting {
  private static final Duration PAUSE = Duration.ofMillis(200);

  private Waiting() {}

  /**
   * Looks until it is so, or looking throws something, which is thrown on.
   *
   * @return whether it became so within the bound
   */
  static boolean until(Duration bound, BooleanSupplier wanted) {
    RetryPolicy<Boolean> policy =
        RetryPolicy.<Boolean>builder()
            // What is thrown while one looks is no reason to look again.
            .handleIf((so, thrown) -> thrown == null && !so)
            .withMaxRetries(-1)
            .withDelay(PAUSE)
            .withMaxDuration(bound)
            .build();
    return Failsafe.with(policy).get(wanted::getAsBoolean);
  }
}
