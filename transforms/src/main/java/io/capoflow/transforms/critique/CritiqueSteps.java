package io.capoflow.transforms.critique;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.CriticSource;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.MissingSetting;
import io.capoflow.transforms.storage.ComputeShards;
import io.capoflow.transforms.storage.ShardPlan;
import io.capoflow.transforms.storage.ShardStore;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PCollection;

/**
 * Has a critic judge all steps of every rollout, several times over (docs/method.md, "One
 * iteration", step 3).
 *
 * <pre>{@code
 * PCollection<Critique> critiques =
 *     rollouts.apply(
 *         CritiqueSteps.by(critic)
 *             .times(4)
 *             .withSeed(seed)
 *             .withShards(plan, run.shards(3, Stage.CRITIQUES)));
 * }</pre>
 *
 * A shard's rollouts are critiqued together, all k times; a shard that is committed for the same
 * critic and rollouts is read instead. Immutable.
 */
public final class CritiqueSteps extends PTransform<PCollection<Rollout>, PCollection<Critique>> {
  private final CriticSource critic;
  private final int times;
  private final OptionalLong seed;
  private final Optional<ShardPlan> plan;
  private final Optional<ShardStore<Critique>> store;

  private CritiqueSteps(
      CriticSource critic,
      int times,
      OptionalLong seed,
      Optional<ShardPlan> plan,
      Optional<ShardStore<Critique>> store) {
    this.critic = requireNonNull(critic, "critic");
    this.times = times;
    this.seed = seed;
    this.plan = plan;
    this.store = store;
    if (times < 1) {
      throw new IllegalArgumentException("a rollout needs at least one critique: " + times);
    }
  }

  /** By a critic, once unless {@link #times} says otherwise. */
  public static CritiqueSteps by(CriticSource critic) {
    return new CritiqueSteps(critic, 1, OptionalLong.empty(), Optional.empty(), Optional.empty());
  }

  /** With k independent critiques of each rollout. */
  public CritiqueSteps times(int times) {
    return new CritiqueSteps(critic, times, seed, plan, store);
  }

  /** With draws of this seed. */
  public CritiqueSteps withSeed(long seed) {
    return new CritiqueSteps(critic, times, OptionalLong.of(seed), plan, store);
  }

  /** With the shards of a plan, each kept in a store. */
  public CritiqueSteps withShards(ShardPlan plan, ShardStore<Critique> store) {
    return new CritiqueSteps(critic, times, seed, Optional.of(plan), Optional.of(store));
  }

  /**
   * {@inheritDoc}
   *
   * @throws MissingSetting when seed or shards were not named
   */
  @Override
  public PCollection<Critique> expand(PCollection<Rollout> rollouts) {
    RolloutCritique critique =
        new RolloutCritique(critic, times, seed.orElseThrow(() -> missing("seed", "withSeed")));
    return rollouts.apply(
        "Critique",
        new ComputeShards<>(
            Rollout.class,
            plan.orElseThrow(() -> missing("shards", "withShards")),
            store.orElseThrow(() -> missing("shards", "withShards")),
            critique));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("critic", critic.identity()));
    builder.add(DisplayData.item("times", times));
    builder.add(DisplayData.item("window", critic.window()));
    seed.ifPresent(value -> builder.add(DisplayData.item("seed", value)));
  }

  private static MissingSetting missing(String setting, String method) {
    return new MissingSetting("CritiqueSteps", setting, method);
  }
}
