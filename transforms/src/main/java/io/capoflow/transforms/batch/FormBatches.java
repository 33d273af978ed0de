package io.capoflow.transforms.batch;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.TrainingBatch;
import io.capoflow.transforms.MissingSetting;
import io.capoflow.transforms.batch.BatchSettings.ZeroSpread;
import io.capoflow.transforms.storage.RowCoder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.SimpleFunction;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;

/**
 * Forms an iteration's training batches (docs/method.md, "One iteration", step 6): mini-batches of
 * whole groups, one for each optimizer step.
 *
 * <pre>{@code
 * PCollection<TrainingBatch> batches =
 *     credited.apply(FormBatches.ofRollouts(192).withEpochs(4).withSeed(seed).withIteration(3));
 * }</pre>
 *
 * Batches are references; only identifiers and lengths are brought together in one place. {@link
 * BatchPlanner} holds the logic. Immutable.
 */
public final class FormBatches
    extends PTransform<PCollection<CreditedRollout>, PCollection<TrainingBatch>> {
  private final BatchSettings settings;
  private final OptionalLong seed;
  private final OptionalInt iteration;

  private FormBatches(BatchSettings settings, OptionalLong seed, OptionalInt iteration) {
    this.settings = requireNonNull(settings, "settings");
    this.seed = seed;
    this.iteration = iteration;
  }

  /**
   * One optimizer step for so many rollouts: groups are taken whole until they are enough. Unless
   * told otherwise: one pass over the rollouts, groups without spread trained on.
   */
  public static FormBatches ofRollouts(int rollouts) {
    return new FormBatches(
        new BatchSettings(1, rollouts, ZeroSpread.KEEP), OptionalLong.empty(), OptionalInt.empty());
  }

  /** With so many passes over the rollouts, each with a permutation of its own. */
  public FormBatches withEpochs(int epochs) {
    return with(new BatchSettings(epochs, settings.miniBatchRollouts(), settings.zeroSpread()));
  }

  /** With this fate of groups whose rewards are all equal. */
  public FormBatches withZeroSpread(ZeroSpread zeroSpread) {
    return with(new BatchSettings(settings.epochs(), settings.miniBatchRollouts(), zeroSpread));
  }

  private FormBatches with(BatchSettings changed) {
    return new FormBatches(changed, seed, iteration);
  }

  /** With permutations drawn by this seed. */
  public FormBatches withSeed(long seed) {
    return new FormBatches(settings, OptionalLong.of(seed), iteration);
  }

  /** With the permutations of this iteration. */
  public FormBatches withIteration(int iteration) {
    return new FormBatches(settings, seed, OptionalInt.of(iteration));
  }

  /**
   * {@inheritDoc}
   *
   * @throws MissingSetting when seed or iteration were not named
   */
  @Override
  public PCollection<TrainingBatch> expand(PCollection<CreditedRollout> credited) {
    Plan plan =
        new Plan(
            settings,
            seed.orElseThrow(() -> new MissingSetting("FormBatches", "seed", "withSeed")),
            iteration.orElseThrow(
                () -> new MissingSetting("FormBatches", "iteration", "withIteration")));
    return credited
        .apply("Refer", MapElements.via(new Refer()))
        .setCoder(KvCoder.of(VarIntCoder.of(), SerializableCoder.of(RolloutReference.class)))
        .apply("Bring together", GroupByKey.create())
        .apply("Plan", ParDo.of(plan))
        .setCoder(RowCoder.of(TrainingBatch.class));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("mini_batch_rollouts", settings.miniBatchRollouts()));
    builder.add(DisplayData.item("epochs", settings.epochs()));
    builder.add(DisplayData.item("zero_spread", settings.zeroSpread().name()));
    seed.ifPresent(value -> builder.add(DisplayData.item("seed", value)));
    iteration.ifPresent(value -> builder.add(DisplayData.item("iteration", value)));
  }

  private static final class Refer
      extends SimpleFunction<CreditedRollout, KV<Integer, RolloutReference>> {
    @Override
    public KV<Integer, RolloutReference> apply(CreditedRollout rollout) {
      return KV.of(0, RolloutReference.of(rollout));
    }
  }

  private static final class Plan
      extends DoFn<KV<Integer, Iterable<RolloutReference>>, TrainingBatch> {
    private final BatchSettings settings;
    private final long seed;
    private final int iteration;

    Plan(BatchSettings settings, long seed, int iteration) {
      this.settings = settings;
      this.seed = seed;
      this.iteration = iteration;
    }

    @ProcessElement
    public void process(
        @Element KV<Integer, Iterable<RolloutReference>> all,
        OutputReceiver<TrainingBatch> output) {
      List<RolloutReference> references = new ArrayList<>();
      all.getValue().forEach(references::add);
      new BatchPlanner(settings).plan(seed, iteration, references).forEach(output::output);
    }
  }
}
