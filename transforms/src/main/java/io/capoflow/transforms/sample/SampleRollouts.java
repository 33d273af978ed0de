package io.capoflow.transforms.sample;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.policy.Policy.SampleRequest;
import io.capoflow.models.policy.PolicySource;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.storage.ComputeShards;
import io.capoflow.transforms.storage.ShardPlan;
import io.capoflow.transforms.storage.ShardStore;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PCollection;

/**
 * Samples a group of rollouts for every problem from the behaviour policy (docs/method.md, "One
 * iteration", step 1).
 *
 * <pre>{@code
 * PCollection<Rollout> rollouts =
 *     problems.apply(
 *         SampleRollouts.from(policy)
 *             .asking(request)
 *             .inShards(plan, run.shards(3, Stage.ROLLOUTS)));
 * }</pre>
 *
 * The problems of a shard are one generation batch. A shard that is committed for the same policy,
 * request and problems is read instead of sampled.
 */
public final class SampleRollouts {
  private SampleRollouts() {}

  /** From a policy; what to ask it follows. */
  public static From from(PolicySource policy) {
    return new From(requireNonNull(policy, "policy"));
  }

  /** A sampling whose request is still to be named. */
  public record From(PolicySource policy) {
    /** With this request; where the rollouts are kept follows. */
    public Asking asking(SampleRequest request) {
      return new Asking(policy, requireNonNull(request, "request"));
    }
  }

  /** A sampling whose shards are still to be named. */
  public record Asking(PolicySource policy, SampleRequest request) {
    /** By the shards of a plan, each kept in a store. */
    public InShards inShards(ShardPlan plan, ShardStore<Rollout> store) {
      return new InShards(new RolloutSampling(policy, request), plan, store);
    }
  }

  /** A complete sampling. */
  public static final class InShards
      extends PTransform<PCollection<Problem>, PCollection<Rollout>> {
    private final RolloutSampling sampling;
    private final ShardPlan plan;
    private final ShardStore<Rollout> store;

    private InShards(RolloutSampling sampling, ShardPlan plan, ShardStore<Rollout> store) {
      this.sampling = sampling;
      this.plan = requireNonNull(plan, "plan");
      this.store = requireNonNull(store, "store");
    }

    @Override
    public PCollection<Rollout> expand(PCollection<Problem> problems) {
      return problems.apply("Sample", new ComputeShards<>(Problem.class, plan, store, sampling));
    }
  }
}
