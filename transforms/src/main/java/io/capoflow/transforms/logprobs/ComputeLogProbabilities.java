package io.capoflow.transforms.logprobs;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.scoring.ScoringSpec;
import io.capoflow.schemas.ResponseLogProbabilities;
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
 * Computes what the policy and its reference think of every response token before the first
 * optimizer step, by the forward pass of training (docs/method.md, "Objective").
 *
 * <pre>{@code
 * PCollection<ResponseLogProbabilities> logProbabilities =
 *     rollouts.apply(
 *         ComputeLogProbabilities.of(scoring)
 *             .withShards(plan, run.shards(3, Stage.LOG_PROBABILITIES)));
 * }</pre>
 *
 * A shard's rollouts are cut into parts together, so their last bits depend on the shard. A shard
 * that is committed for the same models, settings and rollouts is read instead. Immutable.
 */
public final class ComputeLogProbabilities
    extends PTransform<PCollection<Rollout>, PCollection<ResponseLogProbabilities>> {
  private final ScoringSpec scoring;
  private final Optional<ShardPlan> plan;
  private final Optional<ShardStore<ResponseLogProbabilities>> store;

  private ComputeLogProbabilities(
      ScoringSpec scoring,
      Optional<ShardPlan> plan,
      Optional<ShardStore<ResponseLogProbabilities>> store) {
    this.scoring = requireNonNull(scoring, "scoring");
    this.plan = plan;
    this.store = store;
  }

  /** Of these models. */
  public static ComputeLogProbabilities of(ScoringSpec scoring) {
    return new ComputeLogProbabilities(scoring, Optional.empty(), Optional.empty());
  }

  /** With the shards of a plan, each kept in a store. */
  public ComputeLogProbabilities withShards(
      ShardPlan plan, ShardStore<ResponseLogProbabilities> store) {
    return new ComputeLogProbabilities(scoring, Optional.of(plan), Optional.of(store));
  }

  /**
   * {@inheritDoc}
   *
   * @throws MissingSetting when shards were not named
   */
  @Override
  public PCollection<ResponseLogProbabilities> expand(PCollection<Rollout> rollouts) {
    return rollouts.apply(
        "Score",
        new ComputeShards<>(
            Rollout.class,
            plan.orElseThrow(() -> missing("shards", "withShards")),
            store.orElseThrow(() -> missing("shards", "withShards")),
            new RolloutScoring(scoring)));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("asked", scoring.asked().name()));
    builder.add(DisplayData.item("models", scoring.identity()));
  }

  private static MissingSetting missing(String setting, String method) {
    return new MissingSetting("ComputeLogProbabilities", setting, method);
  }
}
