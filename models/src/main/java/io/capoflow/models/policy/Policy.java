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
   * 0. Draws are keyed by (seed, iteration, problem_id, sample_index, position). Sums are rounded
   * by the company that a rollout has, so all problems of a call decide the last bits of each.
   */
  List<Rollout> sample(List<Problem> problems, SampleRequest request);

  /**
   * What to sample, and the keys that the rollouts will carry.
   *
   * @param rolloutsPerProblem n, the group size
   * @param policyVersion v00003
   * @param maxRows rollouts that are decoded at a time, at most
   */
  record SampleRequest(
      String runId,
      int iteration,
      String policyVersion,
      int rolloutsPerProblem,
      SamplingParameters sampling,
      int maxRows,
      long seed)
      implements Serializable {
    public SampleRequest {
      if (maxRows < 1) {
        throw new IllegalArgumentException("max_rows must be positive: " + maxRows);
      }
    }
  }

  @Override
  void close();
}
