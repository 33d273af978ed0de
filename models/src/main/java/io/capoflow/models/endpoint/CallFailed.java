package io.capoflow.models.endpoint;

import java.io.Serial;

/**
 * A call that failed for good while its endpoint answers others. Its message is one line that says
 * how, without any key and without text of the prompt.
 */
public final class CallFailed extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  public CallFailed(String message) {
    super(message);
  }

  public CallFailed(String message, Throwable cause) {
    super(message, cause);
  }
}
