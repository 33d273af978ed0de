package io.capoflow.transforms.describe;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Critique;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.storage.RowCoder;
import io.capoflow.transforms.storage.RowFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.transforms.join.CoGbkResult;
import org.apache.beam.sdk.transforms.join.CoGroupByKey;
import org.apache.beam.sdk.transforms.join.KeyedPCollectionTuple;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TypeDescriptors;

/**
 * Describes each rollout by its verdict, all its critiques, their counts and what every voting rule
 * makes of them: the rows of a critique dataset.
 *
 * <pre>{@code
 * PCollection<CritiquedRollout> dataset =
 *     PCollectionTuple.of(DescribeRollouts.GIVEN, given)
 *         .and(DescribeRollouts.VERDICTS, verdicts)
 *         .and(DescribeRollouts.CRITIQUES, critiques)
 *         .apply(DescribeRollouts.as(description));
 * }</pre>
 *
 * {@link RolloutDescription} holds the logic. Immutable.
 */
public final class DescribeRollouts
    extends PTransform<PCollectionTuple, PCollection<CritiquedRollout>> {
  /** The rollouts, as they were given. */
  public static final TupleTag<GivenRollout> GIVEN = new TupleTag<>("given") {};

  /** Verdicts on those of which a gold answer is known. */
  public static final TupleTag<Verdict> VERDICTS = new TupleTag<>("verdicts") {};

  /** All critiques, by all critics, void ones too. */
  public static final TupleTag<Critique> CRITIQUES = new TupleTag<>("critiques") {};

  private final RolloutDescription description;

  private DescribeRollouts(RolloutDescription description) {
    this.description = requireNonNull(description, "description");
  }

  /** As a description says. */
  public static DescribeRollouts as(RolloutDescription description) {
    return new DescribeRollouts(description);
  }

  @Override
  public PCollection<CritiquedRollout> expand(PCollectionTuple input) {
    return KeyedPCollectionTuple.of(GIVEN, keyed(input.get(GIVEN), "rollouts"))
        .and(VERDICTS, keyed(input.get(VERDICTS), "verdicts"))
        .and(CRITIQUES, keyed(input.get(CRITIQUES), "critiques"))
        .apply("Join by rollout", CoGroupByKey.create())
        .apply("Describe", ParDo.of(new Describe(description)))
        .setCoder(RowCoder.of(CritiquedRollout.class));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("critics", description.criticNames()));
    builder.add(DisplayData.item("rules", description.ruleNames()));
  }

  private static <T extends SpecificRecordBase> PCollection<KV<String, T>> keyed(
      PCollection<T> rows, String name) {
    return rows.apply(
        "Key " + name,
        WithKeys.of((T row) -> RowFormat.rolloutId(row)).withKeyType(TypeDescriptors.strings()));
  }

  private static final class Describe extends DoFn<KV<String, CoGbkResult>, CritiquedRollout> {
    private final RolloutDescription description;

    Describe(RolloutDescription description) {
      this.description = description;
    }

    @ProcessElement
    public void process(
        @Element KV<String, CoGbkResult> joined, OutputReceiver<CritiquedRollout> output) {
      // Fails where a rollout is missing or comes twice: that would be a fault of ours.
      GivenRollout given = joined.getValue().getOnly(GIVEN);
      Optional<Verdict> verdict = Optional.ofNullable(joined.getValue().getOnly(VERDICTS, null));
      List<Critique> critiques = new ArrayList<>();
      joined.getValue().getAll(CRITIQUES).forEach(critiques::add);
      output.output(description.of(given, verdict, critiques));
    }
  }
}
