package io.capoflow.models.learning;

/** A loss or a gradient is no longer finite. The weights are still those of the last good step. */
public final class DivergenceException extends RuntimeException {
  public DivergenceException(String message) {
    super(message);
  }
}
