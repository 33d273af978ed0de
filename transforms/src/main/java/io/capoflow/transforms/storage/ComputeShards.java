package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Cancelled;
import io.capoflow.transforms.logging.LogScope;
import io.capoflow.transforms.metrics.StageMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Groups rows into the shards of a plan and computes each shard once: a shard that is committed for
 * the same memo key is read instead, so that neither a retry nor a resumed run pays twice.
 *
 * <p>A slot computes the next shard while the last ones are committed, and has many in flight where
 * servers compute, see {@link ShardWindow}: what is committed is emitted when another shard begins,
 * the rest at the end of the bundle. What is emitted is always what was committed, one shard's rows
 * together.
 */
public final class ComputeShards<I extends SpecificRecordBase, O extends SpecificRecordBase>
    extends PTransform<PCollection<I>, PCollection<O>> {
  private static final Logger LOG = LoggerFactory.getLogger(ComputeShards.class);

  private final Class<I> input;
  private final ShardPlan plan;
  private final ShardStore<O> store;
  private final ShardFunction<I, O> function;

  /**
   * Computes shards into a store.
   *
   * @param input type of the rows that come in
   */
  public ComputeShards(
      Class<I> input, ShardPlan plan, ShardStore<O> store, ShardFunction<I, O> function) {
    this.input = requireNonNull(input, "input");
    this.plan = requireNonNull(plan, "plan");
    this.store = requireNonNull(store, "store");
    this.function = requireNonNull(function, "function");
  }

  @Override
  public PCollection<O> expand(PCollection<I> rows) {
    return rows.apply("Find shard", ParDo.of(new FindShard<>(plan)))
        .setCoder(KvCoder.of(VarIntCoder.of(), RowCoder.of(input)))
        .apply("Group shard", GroupByKey.create())
        .apply("Compute or read", ParDo.of(new ComputeShard<>(input, plan, store, function)))
        .setCoder(RowCoder.of(store.stage().type()));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("stage", store.stage().verb()));
    builder.add(DisplayData.item("directory", store.directory().toString()));
    builder.add(DisplayData.item("shards", plan.shards()));
    builder.add(DisplayData.item("window", function.window()));
  }

  private static final class FindShard<I extends SpecificRecordBase>
      extends DoFn<I, KV<Integer, I>> {
    private final ShardPlan plan;

    FindShard(ShardPlan plan) {
      this.plan = plan;
    }

    @ProcessElement
    public void process(@Element I row, OutputReceiver<KV<Integer, I>> output) {
      output.output(KV.of(plan.shardOf(row), row));
    }
  }

  private static final class ComputeShard<
          I extends SpecificRecordBase, O extends SpecificRecordBase>
      extends DoFn<KV<Integer, Iterable<I>>, O> {
    private final Class<I> input;
    private final ShardPlan plan;
    private final ShardStore<O> store;
    private final ShardFunction<I, O> function;
    private final StageMetrics metrics;

    private transient ShardWindow<O> begun;

    ComputeShard(
        Class<I> input, ShardPlan plan, ShardStore<O> store, ShardFunction<I, O> function) {
      this.input = input;
      this.plan = plan;
      this.store = store;
      this.function = function;
      this.metrics = StageMetrics.of(store.stage().verb());
    }

    @StartBundle
    public void start() {
      begun = new ShardWindow<>(function.window());
    }

    @ProcessElement
    public void process(
        @Element KV<Integer, Iterable<I>> group,
        PipelineOptions options,
        OutputReceiver<O> output) {
      Cancelled.throwIfInterrupted("shards were computed");
      List<I> shard = new ArrayList<>();
      group.getValue().forEach(shard::add);
      shard.sort(plan.order(input));
      try (LogScope scope = LogScope.ofShard(options, store.stage().verb(), group.getKey())) {
        begun.add(
            store.begin(group.getKey(), function.memoKey(shard), () -> function.compute(shard)));
      }
      emitFinished(options, output::output);
      while (begun.isFull()) {
        begun.awaitRoom();
        emitFinished(options, output::output);
      }
    }

    @FinishBundle
    public void finish(FinishBundleContext context) {
      while (!begun.isEmpty()) {
        begun.awaitFinished();
        emitFinished(
            context.getPipelineOptions(),
            row ->
                context.output(row, GlobalWindow.INSTANCE.maxTimestamp(), GlobalWindow.INSTANCE));
      }
    }

    @Teardown
    @SuppressWarnings("UnusedMethod") // Beam calls it.
    public void abandon() {
      if (begun != null) {
        begun.abandon();
      }
    }

    private void count(CommittedShard<O> shard) {
      metrics.add(shard.how().figure(), 1);
      if (shard.how() != Commitment.READ) {
        function.count(shard.rows(), shard.millis(), metrics);
      }
      metrics.addOfProcess();
    }

    private void log(CommittedShard<O> shard, PipelineOptions options) {
      try (LogScope scope = LogScope.ofShard(options, store.stage().verb(), shard.shard())) {
        switch (shard.how()) {
          case WON -> LOG.info("{} rows in {} ms", shard.rows().size(), shard.millis());
          case LOST ->
              LOG.info("{} rows, which another attempt had committed", shard.rows().size());
          case READ -> LOG.info("{} rows, committed before", shard.rows().size());
        }
      }
    }

    private void emitFinished(PipelineOptions options, Consumer<O> output) {
      for (ShardInFlight<O> shard : begun.takeFinished()) {
        CommittedShard<O> committed = shard.finish();
        count(committed);
        log(committed, options);
        committed.rows().forEach(output);
      }
    }
  }
}
