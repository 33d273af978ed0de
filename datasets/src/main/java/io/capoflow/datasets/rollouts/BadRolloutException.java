package io.capoflow.datasets.rollouts;

import static java.util.Objects.requireNonNull;

/** A row that is no rollout; caught where rows are read, and kept as a rejection. */
final class BadRolloutException extends Exception {
  private final RolloutRejection reason;

  BadRolloutException(RolloutRejection reason, String detail) {
    super(requireNonNull(detail, "detail"));
    this.reason = requireNonNull(reason, "reason");
  }

  RolloutRejection reason() {
    return reason;
  }
}
