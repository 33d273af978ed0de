package io.capoflow.transforms.evidence;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.transforms.credit.AssignCredit;
import io.capoflow.transforms.storage.RowCoder;
import io.capoflow.transforms.vote.VoteOnSteps;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.transforms.Combine;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PCollectionView;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TypeDescriptor;

/**
 * Lets credited rollouts pass once all of an iteration's verdicts and critiques are there and say
 * enough; stops the run where they do not, before anything is learned from them.
 *
 * <pre>{@code
 * PCollection<CreditedRollout> sound =
 *     PCollectionTuple.of(AssignCredit.VERDICTS, verdicts)
 *         .and(VoteOnSteps.CRITIQUES, critiques) // left out where no critic was asked
 *         .and(RequireEvidence.CREDITS, credited)
 *         .apply(RequireEvidence.withShares(0.05, 0.9, 0.02));
 * }</pre>
 *
 * {@link EvidenceCount} holds the logic.
 */
public final class RequireEvidence
    extends PTransform<PCollectionTuple, PCollection<CreditedRollout>> {
  /** What the evidence led to. */
  public static final TupleTag<CreditedRollout> CREDITS = new TupleTag<>("credits") {};

  private final double maxFaultShare;
  private final double maxVoidShare;
  private final double maxFailedShare;

  private RequireEvidence(double maxFaultShare, double maxVoidShare, double maxFailedShare) {
    this.maxFaultShare = maxFaultShare;
    this.maxVoidShare = maxVoidShare;
    this.maxFailedShare = maxFailedShare;
  }

  /**
   * With the shares from 0 to 1 that may say nothing.
   *
   * @param maxFaultShare of the verdicts, whose verifier threw
   * @param maxVoidShare of the critiques, that are void
   * @param maxFailedShare of the critiques, that no critic answered
   */
  public static RequireEvidence withShares(
      double maxFaultShare, double maxVoidShare, double maxFailedShare) {
    return new RequireEvidence(maxFaultShare, maxVoidShare, maxFailedShare);
  }

  @Override
  public PCollection<CreditedRollout> expand(PCollectionTuple input) {
    List<PCollection<EvidenceCount>> counts = new ArrayList<>();
    counts.add(count(input.get(AssignCredit.VERDICTS), "verdicts", EvidenceCount::of));
    if (input.has(VoteOnSteps.CRITIQUES)) {
      counts.add(count(input.get(VoteOnSteps.CRITIQUES), "critiques", EvidenceCount::of));
    }
    PCollectionView<EvidenceCount> total =
        PCollectionList.of(counts)
            .apply("All evidence", Flatten.pCollections())
            .apply(
                "Add up",
                Combine.globally(
                        (SerializableFunction<Iterable<EvidenceCount>, EvidenceCount>)
                            EvidenceCount::sum)
                    .asSingletonView());
    return input
        .get(CREDITS)
        .apply(
            "Let pass",
            ParDo.of(new LetPass(maxFaultShare, maxVoidShare, maxFailedShare, total))
                .withSideInputs(total))
        .setCoder(RowCoder.of(CreditedRollout.class));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("max_fault_share", maxFaultShare));
    builder.add(DisplayData.item("max_void_share", maxVoidShare));
    builder.add(DisplayData.item("max_failed_share", maxFailedShare));
  }

  private static <T> PCollection<EvidenceCount> count(
      PCollection<T> rows, String name, SerializableFunction<T, EvidenceCount> of) {
    return rows.apply(
            "Count " + name, MapElements.into(TypeDescriptor.of(EvidenceCount.class)).via(of))
        .setCoder(SerializableCoder.of(EvidenceCount.class));
  }

  private static final class LetPass extends DoFn<CreditedRollout, CreditedRollout> {
    private final double maxFaultShare;
    private final double maxVoidShare;
    private final double maxFailedShare;
    private final PCollectionView<EvidenceCount> total;

    LetPass(
        double maxFaultShare,
        double maxVoidShare,
        double maxFailedShare,
        PCollectionView<EvidenceCount> total) {
      this.maxFaultShare = maxFaultShare;
      this.maxVoidShare = maxVoidShare;
      this.maxFailedShare = maxFailedShare;
      this.total = total;
    }

    @ProcessElement
    public void process(ProcessContext context) {
      context.sideInput(total).requireWithin(maxFaultShare, maxVoidShare, maxFailedShare);
      context.output(context.element());
    }
  }
}
