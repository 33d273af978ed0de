package io.capoflow.transforms.batch;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.TrainingBatch;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.SimpleFunction;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;

/**
 * Forms an iteration's training batches (docs/method.md, "One iteration", step 6): mini-batches of
 * whole groups, and micro-batches within a token budget.
 *
 * <pre>{@code
 * PCollection<TrainingBatch> batches =
 *     credited.apply(FormBatches.by(settings).seeded(seed).ofIteration(3));
 * }</pre>
 *
 * Batches are references; only identifiers and lengths are brought together in one place. {@link
 * BatchPlanner} holds the logic.
 */
public final class FormBatches
    extends PTransform<PCollection<CreditedRollout>, PCollection<TrainingBatch>> {
  private final BatchSettings settings;
  private final long seed;
  private final int iteration;

  private FormBatches(BatchSettings settings, long seed, int iteration) {
    this.settings = requireNonNull(settings, "settings");
    this.seed = seed;
    this.iteration = iteration;
  }

  /** By these settings, with seed 0 and for iteration 0 unless told otherwise. */
  public static FormBatches by(BatchSettings settings) {
    return new FormBatches(settings, 0, 0);
  }

  /** With permutations drawn by this seed. */
  public FormBatches seeded(long seed) {
    return new FormBatches(settings, seed, iteration);
  }

  /** For this iteration. */
  public FormBatches ofIteration(int iteration) {
    return new FormBatches(settings, seed, iteration);
  }

  @Override
  public PCollection<TrainingBatch> expand(PCollection<CreditedRollout> credited) {
    return credited
        .apply("Refer", MapElements.via(new Refer()))
        .setCoder(KvCoder.of(VarIntCoder.of(), SerializableCoder.of(RolloutReference.class)))
        .apply("Bring together", GroupByKey.create())
        .apply("Plan", ParDo.of(new Plan(settings, seed, iteration)))
        .setCoder(AvroCoder.specific(TrainingBatch.class));
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
