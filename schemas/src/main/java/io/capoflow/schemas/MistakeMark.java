package io.capoflow.schemas;

/**
 * What an engine wants a user's mistake to carry when it leaves a worker, so that the engine does
 * not begin the same work again: the mistake would be met again. Found through {@link
 * java.util.ServiceLoader} beside this class, so that nothing here knows an engine.
 */
public interface MistakeMark {
  /** A cause that the engine knows. */
  Throwable mark(String message);
}
