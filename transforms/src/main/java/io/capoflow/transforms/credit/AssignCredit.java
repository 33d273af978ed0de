package io.capoflow.transforms.credit;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.UserMistake;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.storage.RowCoder;
import java.util.List;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.SerializableFunction;
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
 * Gives every token its reward and its group-relative advantage (docs/method.md, "One iteration",
 * step 5).
 *
 * <pre>{@code
 * PCollection<CreditedRollout> credited =
 *     PCollectionTuple.of(AssignCredit.ROLLOUTS, rollouts)
 *         .and(AssignCredit.VERDICTS, verdicts)
 *         .and(AssignCredit.VOTES, votes) // may be left out for a scheme that needs none
 *         .apply(AssignCredit.capo(2, 1));
 * }</pre>
 *
 * {@link CreditScheme} holds the logic, {@link CreditGroup} the joining.
 */
public final class AssignCredit extends PTransform<PCollectionTuple, PCollection<CreditedRollout>> {
  public static final TupleTag<Rollout> ROLLOUTS = new TupleTag<>("rollouts") {};
  public static final TupleTag<Verdict> VERDICTS = new TupleTag<>("verdicts") {};
  public static final TupleTag<StepVotes> VOTES = new TupleTag<>("votes") {};

  private final CreditScheme scheme;
  private final CreditSettings settings;

  private AssignCredit(CreditScheme scheme, CreditSettings settings) {
    this.scheme = requireNonNull(scheme, "scheme");
    this.settings = requireNonNull(settings, "settings");
  }

  /** By a scheme. */
  public static AssignCredit by(CreditScheme scheme, CreditSettings settings) {
    return new AssignCredit(scheme, settings);
  }

  /** By CAPO, normalised over all tokens of the group as in the paper. */
  public static AssignCredit capo(double wholeWeight, double processWeight) {
    return new AssignCredit(
        new CapoCredit(),
        new CreditSettings(wholeWeight, processWeight, CreditSettings.Normalisation.TOKEN, 0));
  }

  /**
   * {@inheritDoc}
   *
   * @throws UserMistake when the scheme needs votes and there are none
   */
  @Override
  public PCollection<CreditedRollout> expand(PCollectionTuple input) {
    if (scheme.needsVotes() && !input.has(VOTES)) {
      throw new UserMistake(
          "credit.scheme '%s' needs the critics' votes: enable critique, or choose grpo"
              .formatted(scheme.name()));
    }
    KeyedPCollectionTuple<String> evidence =
        KeyedPCollectionTuple.of(
                ROLLOUTS,
                keyed(input.get(ROLLOUTS), "rollouts", row -> row.getProblem().getProblemId()))
            .and(VERDICTS, keyed(input.get(VERDICTS), "verdicts", Verdict::getProblemId));
    if (input.has(VOTES)) {
      evidence = evidence.and(VOTES, keyed(input.get(VOTES), "votes", StepVotes::getProblemId));
    }
    return evidence
        .apply("Join by problem", CoGroupByKey.create())
        .apply("Credit", ParDo.of(new Credit(scheme, settings, input.has(VOTES))))
        .setCoder(RowCoder.of(CreditedRollout.class));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("scheme", scheme.name()));
    builder.add(DisplayData.item("settings", settings.toString()));
  }

  private static <T> PCollection<KV<String, T>> keyed(
      PCollection<T> rows, String name, SerializableFunction<T, String> problemId) {
    return rows.apply("Key " + name, WithKeys.of(problemId).withKeyType(TypeDescriptors.strings()));
  }

  private static final class Credit extends DoFn<KV<String, CoGbkResult>, CreditedRollout> {
    private final CreditScheme scheme;
    private final CreditSettings settings;
    private final boolean voted;

    Credit(CreditScheme scheme, CreditSettings settings, boolean voted) {
      this.scheme = scheme;
      this.settings = settings;
      this.voted = voted;
    }

    @ProcessElement
    public void process(
        @Element KV<String, CoGbkResult> joined, OutputReceiver<CreditedRollout> output) {
      CoGbkResult rows = joined.getValue();
      List<Evidence> group =
          voted
              ? CreditGroup.of(rows.getAll(ROLLOUTS), rows.getAll(VERDICTS), rows.getAll(VOTES))
              : CreditGroup.of(rows.getAll(ROLLOUTS), rows.getAll(VERDICTS));
      List<CreditedRollout> credited = scheme.assign(group, settings);
      CreditedRollouts.requireSound(scheme, group, credited);
      credited.forEach(output::output);
    }
  }
}
