package io.capoflow.transforms.train;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.PolicyVersion;
import io.capoflow.schemas.TrainingBatch;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;

/**
 * Trains the policy on an iteration's batches and commits its next version (docs/method.md, "One
 * iteration", step 6).
 *
 * <pre>{@code
 * PCollection<PolicyVersion> next = batches.apply(TrainPolicy.as(spec));
 * }</pre>
 *
 * A version that is committed already is returned as it is, so a retry never steps twice. {@link
 * PolicyUpdate} holds the logic.
 */
public final class TrainPolicy
    extends PTransform<PCollection<TrainingBatch>, PCollection<PolicyVersion>> {
  private final TrainingSpec spec;

  private TrainPolicy(TrainingSpec spec) {
    this.spec = requireNonNull(spec, "spec");
  }

  /** As the specification says. */
  public static TrainPolicy as(TrainingSpec spec) {
    return new TrainPolicy(spec);
  }

  @Override
  public PCollection<PolicyVersion> expand(PCollection<TrainingBatch> batches) {
    // A side input rather than a group: an iteration that leaves nothing to train on has no group,
    // and still commits its version.
    PCollectionView<Iterable<TrainingBatch>> view =
        batches.apply("Gather batches", View.asIterable());
    return batches
        .getPipeline()
        .apply(
            "Iteration " + spec.iteration(),
            Create.of(spec.iteration()).withCoder(VarIntCoder.of()))
        .apply("Update", ParDo.of(new Update(spec, view)).withSideInputs(view))
        .setCoder(AvroCoder.specific(PolicyVersion.class));
  }

  private static final class Update extends DoFn<Integer, PolicyVersion> {
    private final TrainingSpec spec;
    private final PCollectionView<Iterable<TrainingBatch>> batches;

    Update(TrainingSpec spec, PCollectionView<Iterable<TrainingBatch>> batches) {
      this.spec = spec;
      this.batches = batches;
    }

    @ProcessElement
    public void process(ProcessContext context) {
      List<TrainingBatch> all = new ArrayList<>();
      context.sideInput(batches).forEach(all::add);
      context.output(new PolicyUpdate(spec).run(all));
    }
  }
}
