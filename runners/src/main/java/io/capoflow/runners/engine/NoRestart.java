package io.capoflow.runners.engine;

import io.capoflow.schemas.MistakeMark;
import org.apache.flink.runtime.execution.SuppressRestartsException;

/** Has Flink end a job that met a user's mistake, where it would begin a failed job again. */
public final class NoRestart implements MistakeMark {
  /** Made by {@link java.util.ServiceLoader}. */
  public NoRestart() {}

  @Override
  public Throwable mark(String message) {
    return new SuppressRestartsException(new IllegalArgumentException(message));
  }
}
