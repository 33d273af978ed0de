package io.capoflow.datasets.problems;

import static java.util.Objects.requireNonNull;

/** A row that is no problem; caught where rows are read, and kept as a rejection. */
final class BadRowException extends Exception {
  private final RejectionReason reason;

  BadRowException(RejectionReason reason, String detail) {
    super(requireNonNull(detail, "detail"));
    this.reason = requireNonNull(reason, "reason");
  }

  RejectionReason reason() {
    return reason;
  }
}
