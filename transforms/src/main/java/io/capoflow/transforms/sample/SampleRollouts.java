package io.capoflow.transforms.sample;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.policy.Policy.SampleRequest;
import io.capoflow.models.policy.PolicySource;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.MissingSetting;
import io.capoflow.transforms.storage.ComputeShards;
import io.capoflow.transforms.storage.ShardPlan;
import io.capoflow.transforms.storage.ShardStore;
import java.util.Optional;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PCollection;

/**
 * Samples a group of rollouts for every problem from the behaviour policy (docs/method.md, "One
 * iteration", step 1).
 *
 * <pre>{@code
 * PCollection<Rollout> rollouts =
 *     problems.apply(
 *         SampleRollouts.from(policy)
 *             .withRequest(request)
 *             .withShards(plan, run.shards(3, Stage.ROLLOUTS)));
 * }</pre>
 *
 * The problems of a shard are one call of the policy. A shard that is committed for the same
 * policy, request and problems is read instead of sampled. Immutable.
 */
public final class SampleRollouts extends PTransform<PCollection<Problem>, PCollection<Rollout>> {
  private final PolicySource policy;
  private final Optional<SampleRequest> request;
  private final Optional<ShardPlan> plan;
  private final Optional<ShardStore<Rollout>> store;

  private SampleRollouts(
      PolicySource policy,
      Optional<SampleRequest> request,
      Optional<ShardPlan> plan,
      Optional<ShardStore<Rollout>> store) {
    this.policy = requireNonNull(policy, "policy");
    this.request = request;
    this.plan = plan;
    this.store = store;
  }

  /** From a policy. */
  public static SampleRollouts from(PolicySource policy) {
    return new SampleRollouts(policy, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** With what the policy is asked, and the keys of its draws: seed and iteration. */
  public SampleRollouts withRequest(SampleRequest request) {
    return new SampleRollouts(policy, Optional.of(request), plan, store);
  }

  /** With the shards of a plan, each kept in a store. */
  public SampleRollouts withShards(ShardPlan plan, ShardStore<Rollout> store) {
    return new SampleRollouts(policy, request, Optional.of(plan), Optional.of(store));
  }

  /**
   * {@inheritDoc}
   *
   * @throws MissingSetting when request or shards were not named
   */
  @Override
  public PCollection<Rollout> expand(PCollection<Problem> problems) {
    RolloutSampling sampling =
        new RolloutSampling(policy, request.orElseThrow(() -> missing("request", "withRequest")));
    return problems.apply(
        "Sample",
        new ComputeShards<>(
            Problem.class,
            plan.orElseThrow(() -> missing("shards", "withShards")),
            store.orElseThrow(() -> missing("shards", "withShards")),
            sampling));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("policy", policy.identity()));
    request.ifPresent(
        asked -> {
          builder.add(DisplayData.item("iteration", asked.iteration()));
          builder.add(DisplayData.item("rollouts", asked.rolloutsPerProblem()));
          builder.add(DisplayData.item("sampling", asked.sampling().identity()));
          builder.add(DisplayData.item("max_rows", asked.maxRows()));
          builder.add(DisplayData.item("seed", asked.seed()));
        });
  }

  private static MissingSetting missing(String setting, String method) {
    return new MissingSetting("SampleRollouts", setting, method);
  }
}
