package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.critiques.Edition.EditionCritic;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.GoldAnswer;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.critique.CritiqueSteps;
import io.capoflow.transforms.describe.DescribeRollouts;
import io.capoflow.transforms.describe.RolloutDescription;
import io.capoflow.transforms.storage.CommitShards;
import io.capoflow.transforms.storage.ReadShards;
import io.capoflow.transforms.storage.RowCoder;
import io.capoflow.transforms.storage.ShardPlan;
import io.capoflow.transforms.verify.VerifyAnswers;
import io.capoflow.transforms.vote.VoteOnSteps;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.beam.sdk.transforms.Filter;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TypeDescriptor;

/**
 * One addition to a critique dataset: read what was taken in, verify where a gold answer is known,
 * critique by every critic, vote, describe. Keeps critiques, votes and the dataset's rows.
 */
final class CritiqueDataset extends PTransform<PBegin, PCollection<CritiquedRollout>> {
  private final DatasetDirectory directory;
  private final Addition addition;
  private final Edition edition;

  CritiqueDataset(DatasetDirectory directory, Addition addition, Edition edition) {
    this.directory = requireNonNull(directory, "directory");
    this.addition = requireNonNull(addition, "addition");
    this.edition = requireNonNull(edition, "edition");
  }

  @Override
  public PCollection<CritiquedRollout> expand(PBegin begin) {
    PCollection<GivenRollout> given = begin.apply("ReadRollouts", readRollouts());
    PCollection<Rollout> rollouts =
        given
            .apply(
                "Rollouts",
                MapElements.into(TypeDescriptor.of(Rollout.class)).via(GivenRollout::getRollout))
            .setCoder(RowCoder.of(Rollout.class));
    PCollection<Verdict> verdicts =
        rollouts.apply("With gold", withGold()).apply("VerifyAnswers", verifyAnswers());
    List<PCollection<Critique>> critiques = new ArrayList<>();
    List<PCollection<StepVotes>> votes = new ArrayList<>();
    for (EditionCritic critic : edition.critics()) {
      PCollection<Critique> own =
          rollouts.apply("CritiqueSteps " + critic.table(), critiqueSteps(critic));
      critiques.add(own);
      votes.add(
          voted(rollouts, own)
              .apply("VoteOnSteps " + critic.table(), voteOnSteps(critic.times(), critic.name())));
    }
    if (critiques.size() > 1) {
      votes.add(
          voted(rollouts, together(critiques))
              .apply(
                  "VoteOnSteps all", voteOnSteps(edition.times(), RolloutDescription.ALL_CRITICS)));
    }
    PCollectionList.of(votes)
        .apply("All votes", Flatten.pCollections())
        .apply(CommitShards.into(directory.votes(edition), shards()));
    return PCollectionTuple.of(DescribeRollouts.GIVEN, given)
        .and(DescribeRollouts.VERDICTS, verdicts)
        .and(
            DescribeRollouts.CRITIQUES,
            PCollectionList.of(critiques).apply("All critiques", Flatten.pCollections()))
        .apply("DescribeRollouts", DescribeRollouts.as(edition.description()))
        .apply(
            CommitShards.into(
                directory.dataset(edition),
                ShardPlan.ofDigests(addition.firstPart(), addition.parts())));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(
        DisplayData.item(
            "critics",
            edition.critics().stream().map(EditionCritic::name).collect(Collectors.joining(", "))));
    builder.add(DisplayData.item("rule", edition.rule().name()));
    builder.add(DisplayData.item("first_shard", addition.firstShard()));
    builder.add(DisplayData.item("shards", addition.shards()));
  }

  private ReadShards<GivenRollout> readRollouts() {
    return ReadShards.of(directory.rollouts(), addition.firstShard(), addition.shards());
  }

  private static Filter<Rollout> withGold() {
    return Filter.by(rollout -> GoldAnswer.of(rollout.getProblem()).isPresent());
  }

  private VerifyAnswers verifyAnswers() {
    return VerifyAnswers.with(edition.verify().verifier()).withOptions(edition.verify().options());
  }

  private CritiqueSteps critiqueSteps(EditionCritic critic) {
    return CritiqueSteps.by(critic.source())
        .times(critic.times())
        .withSeed(critic.seed())
        .withShards(shards(), directory.critiques(critic));
  }

  private VoteOnSteps voteOnSteps(int times, String critic) {
    return VoteOnSteps.by(edition.rule())
        .withCritiques(times)
        .withSplitter(edition.splitter())
        .withCritic(critic);
  }

  private static PCollectionTuple voted(
      PCollection<Rollout> rollouts, PCollection<Critique> critiques) {
    return PCollectionTuple.of(VoteOnSteps.ROLLOUTS, rollouts)
        .and(VoteOnSteps.CRITIQUES, critiques);
  }

  /** Critiques of all critics, numbered as those of one. */
  private PCollection<Critique> together(List<PCollection<Critique>> critiques) {
    List<PCollection<Critique>> numbered = new ArrayList<>();
    int first = 0;
    for (int critic = 0; critic < critiques.size(); critic++) {
      int from = first;
      numbered.add(
          critiques
              .get(critic)
              .apply(
                  "Number from " + from,
                  MapElements.into(TypeDescriptor.of(Critique.class))
                      .via(critique -> RolloutDescription.numberedFrom(from, critique)))
              .setCoder(RowCoder.of(Critique.class)));
      first += edition.critics().get(critic).times();
    }
    return PCollectionList.of(numbered).apply("Together", Flatten.pCollections());
  }

  private ShardPlan shards() {
    return addition.plan();
  }
}
