package io.capoflow.transforms.logprobs;

import io.capoflow.models.scoring.ScoringSpec;
import io.capoflow.schemas.Pending;
import io.capoflow.schemas.ResponseLogProbabilities;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.storage.ShardStore;
import java.util.List;

/** Commits what the stage would, without a pipeline. */
public final class ScoredShard {
  private ScoredShard() {}

  /** The rollouts as one shard, which is computed unless it is there. */
  public static void commit(
      ScoringSpec spec, List<Rollout> rollouts, ShardStore<ResponseLogProbabilities> store) {
    store.commit(0, new RolloutScoring(spec).memoKey(rollouts), rows(spec, rollouts));
  }

  /** What the stage makes of a shard. */
  public static List<ResponseLogProbabilities> rows(ScoringSpec spec, List<Rollout> rollouts) {
    Pending<ResponseLogProbabilities> pending = new RolloutScoring(spec).compute(rollouts);
    return pending.rows().join();
  }
}
