package io.capoflow.transforms.critique;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.CriticSource;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.storage.ComputeShards;
import io.capoflow.transforms.storage.ShardPlan;
import io.capoflow.transforms.storage.ShardStore;
import org.apache.beam.sdk.transforms.PTransform;
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
 *             .seeded(seed)
 *             .inShards(plan, run.shards(3, Stage.CRITIQUES)));
 * }</pre>
 *
 * A shard's rollouts are critiqued together, all k times; a shard that is committed for the same
 * critic and rollouts is read instead.
 */
public final class CritiqueSteps {
  private CritiqueSteps() {}

  /** By a critic, once, with seed 0 unless told otherwise. */
  public static By by(CriticSource critic) {
    return new By(requireNonNull(critic, "critic"), 1, 0);
  }

  /** A critique whose shards are still to be named. */
  public record By(CriticSource critic, int times, long seed) {
    public By {
      if (times < 1) {
        throw new IllegalArgumentException("a rollout needs at least one critique: " + times);
      }
    }

    /** With k independent critiques of each rollout. */
    public By times(int times) {
      return new By(critic, times, seed);
    }

    /** With draws of this seed. */
    public By seeded(long seed) {
      return new By(critic, times, seed);
    }

    /** By the shards of a plan, each kept in a store. */
    public InShards inShards(ShardPlan plan, ShardStore<Critique> store) {
      return new InShards(new RolloutCritique(critic, times, seed), plan, store);
    }
  }

  /** A complete critique. */
  public static final class InShards
      extends PTransform<PCollection<Rollout>, PCollection<Critique>> {
    private final RolloutCritique critique;
    private final ShardPlan plan;
    private final ShardStore<Critique> store;

    private InShards(RolloutCritique critique, ShardPlan plan, ShardStore<Critique> store) {
      this.critique = critique;
      this.plan = requireNonNull(plan, "plan");
      this.store = requireNonNull(store, "store");
    }

    @Override
    public PCollection<Critique> expand(PCollection<Rollout> rollouts) {
      return rollouts.apply("Critique", new ComputeShards<>(Rollout.class, plan, store, critique));
    }
  }
}
