package io.capoflow.models.endpoint;

import java.io.Serial;
import java.time.Duration;
import java.util.Optional;

/**
 * An attempt that came to nothing and may be made again. Its message is a few words without a key,
 * an address or text of a prompt.
 */
final class Fault extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final transient Optional<Duration> pause;

  /** One after which the usual pause is made. */
  Fault(String what) {
    this(what, Optional.empty());
  }

  /**
   * One after which the server asks for a pause.
   *
   * @param pause as it asks for
   */
  Fault(String what, Optional<Duration> pause) {
    // Faults are common and told by their words: no stack is walked for them.
    super(what, null, false, false);
    this.pause = pause;
  }

  Optional<Duration> pause() {
    return pause;
  }
}
