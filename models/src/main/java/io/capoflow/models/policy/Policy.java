package io.capoflow.models.policy;

import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import java.io.Serializable;
import java.util.List;

/** Samples groups of rollouts with their log-probabilities. Thread-safe. */
public interface Policy extends AutoCloseable {
  /** Version and content digest: part of every memo key. */
  String identity();

  /**
   * A group of rollouts for every problem, ordered by problem as given, then by sample index from
   * 0. Draws are keyed by (seed, iteration, problem_id, sample_index, position). The problems of
   * one call are one generation batch.
   */
  List<Rollout> sample(List<Problem> problems, SampleRequest request);

  /**
   * What to sample, and the keys that the rollouts will carry.
   *
   * @param rolloutsPerProblem n, the group size
   * @param policyVersion v00003
   */
  record SampleRequest(
      String runId,
      int iteration,
      String policyVersion,
      int rolloutsPerProblem,
      SamplingParameters sampling,
      long seed)
      implements Serializable {}

  @Override
  void close();
}
