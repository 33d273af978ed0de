package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import java.io.Serial;

/** A part that is not what its commit or manifest says. The message says what it is. */
final class DamagedPart extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  DamagedPart(String message) {
    super(requireNonNull(message, "message"));
  }

  DamagedPart(String message, Throwable cause) {
    super(requireNonNull(message, "message"), cause);
  }
}
