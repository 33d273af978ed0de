package io.capoflow.transforms.train;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.ResponseLogProbabilities;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.storage.PolicyStore;
import io.capoflow.transforms.storage.ShardStore;
import java.io.Serializable;

/**
 * All that one iteration's policy update depends on, besides its batches.
 *
 * @param policies where v_k is read and v_(k+1) is committed
 * @param rollouts where token ids and the sampler's log-probabilities are read
 * @param credits where advantages are read
 * @param logProbabilities where old and reference log-probabilities are read; empty where the
 *     update needs neither
 * @param seed of the run: keys the draws of a fresh adapter
 * @param iteration k
 */
public record TrainingSpec(
    PolicyStore policies,
    ShardStore<Rollout> rollouts,
    ShardStore<CreditedRollout> credits,
    ShardStore<ResponseLogProbabilities> logProbabilities,
    TrainingSettings settings,
    long seed,
    int iteration)
    implements Serializable {
  public TrainingSpec {
    requireNonNull(policies, "policies");
    requireNonNull(rollouts, "rollouts");
    requireNonNull(credits, "credits");
    requireNonNull(logProbabilities, "logProbabilities");
    requireNonNull(settings, "settings");
    if (iteration < 0) {
      throw new IllegalArgumentException("iterations count from 0: " + iteration);
    }
  }
}
