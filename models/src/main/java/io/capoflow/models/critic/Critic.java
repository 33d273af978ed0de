package io.capoflow.models.critic;

import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Pending;
import io.capoflow.schemas.Rollout;
import java.util.List;

/**
 * Judges the steps of rollouts. Thread-safe.
 *
 * <p>A critique that fails is returned as a void critique with its reason; only a fault that would
 * void everything (a missing model, an unreachable server after all its patience) is thrown, or
 * fails the future.
 */
public interface Critic extends AutoCloseable {
  /**
   * Name and content digest: part of every memo key, so that other weights mean other critiques.
   */
  String identity();

  /**
   * Begins k independent critiques of every rollout. They come ordered by rollout as given, then by
   * critique index from 0.
   *
   * <p>A critic in this process computes them before it returns. One behind a server returns at
   * once, so that many shards are with the server at a time.
   */
  Pending<Critique> critique(List<Rollout> rollouts, int times, long seed);

  @Override
  void close();
}
