package io.capoflow.transforms.vote;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.steps.StepSplitter;
import io.capoflow.models.steps.StepSplitters;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.transforms.MissingSetting;
import io.capoflow.transforms.storage.RowCoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.SimpleFunction;
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
 * Votes the critiques of each rollout into one set of wrong steps (docs/method.md, "One iteration",
 * step 4).
 *
 * <pre>{@code
 * PCollection<StepVotes> votes =
 *     PCollectionTuple.of(VoteOnSteps.ROLLOUTS, rollouts)
 *         .and(VoteOnSteps.CRITIQUES, critiques)
 *         .apply(VoteOnSteps.by(intersection()).withCritiques(4));
 * }</pre>
 *
 * {@link VotingRules} has the rules, {@link StepVoting} holds the logic. Immutable.
 */
public final class VoteOnSteps extends PTransform<PCollectionTuple, PCollection<StepVotes>> {
  /** The rollouts that were critiqued. */
  public static final TupleTag<Rollout> ROLLOUTS = new TupleTag<>("rollouts") {};

  /** All their critiques, void ones too. */
  public static final TupleTag<Critique> CRITIQUES = new TupleTag<>("critiques") {};

  /** Of votes whose critic is not told. */
  private static final String ONLY_CRITIC = "";

  private final VotingRule rule;
  private final OptionalInt critiques;
  private final String splitter;
  private final Optional<String> critic;

  private VoteOnSteps(
      VotingRule rule, OptionalInt critiques, String splitter, Optional<String> critic) {
    this.rule = requireNonNull(rule, "rule");
    this.critiques = critiques;
    this.splitter = requireNonNull(splitter, "splitter");
    this.critic = critic;
  }

  /** By a rule, on steps that blank lines divide unless {@link #withSplitter} says otherwise. */
  public static VoteOnSteps by(VotingRule rule) {
    return new VoteOnSteps(rule, OptionalInt.empty(), "blank_line", Optional.empty());
  }

  /**
   * With so many critiques of each rollout, k: those that are missing abstain.
   *
   * @throws io.capoflow.schemas.UserMistake when the rule cannot take so many
   */
  public VoteOnSteps withCritiques(int critiques) {
    StepVoting.checkRule(rule, critiques);
    return new VoteOnSteps(rule, OptionalInt.of(critiques), splitter, critic);
  }

  /**
   * With the splitter that the critics used.
   *
   * @throws io.capoflow.schemas.UserMistake when there is none of that name
   */
  public VoteOnSteps withSplitter(String splitter) {
    StepSplitters.named(splitter);
    return new VoteOnSteps(rule, critiques, splitter, critic);
  }

  /** With votes that say whose critiques they count, where several critics are asked. */
  public VoteOnSteps withCritic(String critic) {
    return new VoteOnSteps(rule, critiques, splitter, Optional.of(critic));
  }

  /**
   * {@inheritDoc}
   *
   * @throws MissingSetting when the number of critiques was not named
   */
  @Override
  public PCollection<StepVotes> expand(PCollectionTuple input) {
    int asked =
        critiques.orElseThrow(
            () -> new MissingSetting("VoteOnSteps", "number of critiques", "withCritiques"));
    PCollection<KV<String, Rollout>> rollouts =
        input
            .get(ROLLOUTS)
            .apply("Leave out of rollouts", MapElements.via(new OfRollout()))
            .setCoder(RowCoder.of(Rollout.class))
            .apply(
                "Key rollouts",
                WithKeys.of(Rollout::getRolloutId).withKeyType(TypeDescriptors.strings()));
    PCollection<KV<String, Critique>> votes =
        input
            .get(CRITIQUES)
            .apply("Leave out of critiques", MapElements.via(new OfCritique()))
            .setCoder(RowCoder.of(Critique.class))
            .apply(
                "Key critiques",
                WithKeys.of(Critique::getRolloutId).withKeyType(TypeDescriptors.strings()));
    return KeyedPCollectionTuple.of(ROLLOUTS, rollouts)
        .and(CRITIQUES, votes)
        .apply("Join by rollout", CoGroupByKey.create())
        .apply("Vote", ParDo.of(new Vote(rule, asked, splitter, critic.orElse(ONLY_CRITIC))))
        .setCoder(RowCoder.of(StepVotes.class));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("rule", rule.name()));
    builder.add(DisplayData.item("splitter", splitter));
    critiques.ifPresent(count -> builder.add(DisplayData.item("critiques", count)));
    critic.ifPresent(name -> builder.add(DisplayData.item("critic", name)));
  }

  private static final class OfRollout extends SimpleFunction<Rollout, Rollout> {
    @Override
    public Rollout apply(Rollout rollout) {
      return VotedColumns.of(rollout);
    }
  }

  private static final class OfCritique extends SimpleFunction<Critique, Critique> {
    @Override
    public Critique apply(Critique critique) {
      return VotedColumns.of(critique);
    }
  }

  static final class Vote extends DoFn<KV<String, CoGbkResult>, StepVotes> {
    static {
      RecordClasses.trust();
    }

    private final VotingRule rule;
    private final int critiques;
    private final String splitter;
    private final String critic;
    // Found once on each worker: asking ServiceLoader for every rollout costs more than the vote.
    private transient StepSplitter steps;

    Vote(VotingRule rule, int critiques, String splitter, String critic) {
      this.rule = rule;
      this.critic = critic;
      this.critiques = critiques;
      this.splitter = splitter;
    }

    @Setup
    public void setUp() {
      steps = StepSplitters.named(splitter);
    }

    @ProcessElement
    public void process(@Element KV<String, CoGbkResult> joined, OutputReceiver<StepVotes> output) {
      // Fails where a rollout is missing or comes twice: that would be a fault of ours.
      Rollout rollout = joined.getValue().getOnly(ROLLOUTS);
      List<Critique> given = new ArrayList<>();
      joined.getValue().getAll(CRITIQUES).forEach(given::add);
      StepVotes votes = StepVoting.vote(rollout, given, rule, steps, critiques);
      output.output(
          critic.equals(ONLY_CRITIC)
              ? votes
              : StepVotes.newBuilder(votes).setCritic(critic).build());
    }
  }
}
