package io.capoflow.models.critic;

import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Rollout;
import java.util.List;

/**
 * Judges the steps of rollouts. Thread-safe.
 *
 * <p>A critique that fails is returned as a void critique with its reason; only a fault that would
 * void everything (a missing model, an unreachable server after all retries) is thrown.
 */
public interface Critic extends AutoCloseable {
  /**
   * Name and content digest: part of every memo key, so that other weights mean other critiques.
   */
  String identity();

  /**
   * k independent critiques of every rollout, ordered by rollout as given, then by critique index
   * from 0. Draws are keyed by (seed, iteration, problem_id, sample_index, critique_index,
   * position).
   */
  List<Critique> critique(List<Rollout> rollouts, int times, long seed);

  @Override
  void close();
}
