package io.capoflow.models.critic;

import java.io.Serializable;
import java.util.Optional;

/**
 * Where a critic comes from: small enough to travel to a worker, which opens it there. Immutable
 * and thread-safe.
 */
public interface CriticSource extends Serializable {
  /** What the opened critic's {@link Critic#identity} says, known without opening it. */
  String identity();

  /**
   * Opens the critic; the caller closes it. Models stay loaded between openings.
   *
   * @throws io.capoflow.schemas.UserMistake when there is no such critic
   */
  Critic open();

  /**
   * Watches the server that the critic is behind; empty for a critic in the process. The caller
   * closes it.
   */
  default Optional<ServerWatch> watch() {
    return Optional.empty();
  }

  /**
   * Critiques that one slot of a worker asks for before it waits: as many as keep the critic busy.
   * Of no meaning for a critic that computes in the worker's process.
   */
  default int window() {
    return 1;
  }
}
