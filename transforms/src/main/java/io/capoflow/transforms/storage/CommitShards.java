package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Pending;
import java.util.List;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PCollection;

/**
 * Commits the rows of a cheap stage by shard and passes them on as committed.
 *
 * <pre>{@code
 * verdicts.apply("Keep verdicts", CommitShards.into(run.shards(3, Stage.VERDICTS), plan));
 * }</pre>
 */
public final class CommitShards<T extends SpecificRecordBase>
    extends PTransform<PCollection<T>, PCollection<T>> {
  private final ShardStore<T> store;
  private final ShardPlan plan;

  private CommitShards(ShardStore<T> store, ShardPlan plan) {
    super("Keep " + requireNonNull(store, "store").stage().folder());
    this.store = store;
    this.plan = requireNonNull(plan, "plan");
  }

  /** Commits into a store by the shards of a plan. */
  public static <T extends SpecificRecordBase> CommitShards<T> into(
      ShardStore<T> store, ShardPlan plan) {
    return new CommitShards<>(store, plan);
  }

  @Override
  public PCollection<T> expand(PCollection<T> rows) {
    return rows.apply(
        "Commit", new ComputeShards<>(store.stage().type(), plan, store, new Keep<>()));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("stage", store.stage().verb()));
    builder.add(DisplayData.item("directory", store.directory().toString()));
    builder.add(DisplayData.item("shards", plan.shards()));
  }

  private static final class Keep<T extends SpecificRecordBase> implements ShardFunction<T, T> {
    @Override
    public String memoKey(List<T> shard) {
      return Digests.ofParts("commit/1", Digests.ofRows(shard));
    }

    @Override
    public Pending<T> compute(List<T> shard) {
      return Pending.done(shard);
    }
  }
}
