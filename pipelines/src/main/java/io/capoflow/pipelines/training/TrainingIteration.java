package io.capoflow.pipelines.training;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.CriticSource;
import io.capoflow.models.policy.PolicySource;
import io.capoflow.models.scoring.ScoringSpec;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.PolicyVersion;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.TrainingBatch;
import io.capoflow.schemas.Verdict;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.batch.FormBatches;
import io.capoflow.transforms.credit.AssignCredit;
import io.capoflow.transforms.credit.CreditSchemes;
import io.capoflow.transforms.critique.CritiqueSteps;
import io.capoflow.transforms.evidence.RequireEvidence;
import io.capoflow.transforms.logprobs.ComputeLogProbabilities;
import io.capoflow.transforms.sample.SampleRollouts;
import io.capoflow.transforms.storage.CommitShards;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardPlan;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.train.TrainPolicy;
import io.capoflow.transforms.verify.VerifyAnswers;
import io.capoflow.transforms.vote.VoteOnSteps;
import io.capoflow.transforms.vote.VotingRules;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;

/**
 * One iteration of CAPO (docs/method.md, "One iteration"): sample, verify, critique in parallel,
 * vote, assign credit, batch, train; log-probabilities are computed beside the critique. Reads
 * policy v_k, commits v_(k+1), and keeps what every stage made.
 */
final class TrainingIteration extends PTransform<PCollection<Problem>, PCollection<PolicyVersion>> {
  private final TrainingRecipe recipe;
  private final RunDirectory run;
  private final int iteration;
  private final ShardPlan plan;
  private final PolicySource policy;
  private final Optional<ScoringSpec> scoring;
  private final Optional<CriticSource> critic;

  /**
   * @param plan the shards of this iteration's problems
   * @param scoring absent where the update asks nothing about its responses before the first step
   * @param critic absent where the recipe asks none
   */
  TrainingIteration(
      TrainingRecipe recipe,
      RunDirectory run,
      int iteration,
      ShardPlan plan,
      PolicySource policy,
      Optional<ScoringSpec> scoring,
      Optional<CriticSource> critic) {
    this.recipe = requireNonNull(recipe, "recipe");
    this.run = requireNonNull(run, "run");
    this.iteration = iteration;
    this.plan = requireNonNull(plan, "plan");
    this.policy = requireNonNull(policy, "policy");
    this.scoring = requireNonNull(scoring, "scoring");
    this.critic = requireNonNull(critic, "critic");
  }

  @Override
  public PCollection<PolicyVersion> expand(PCollection<Problem> problems) {
    PCollection<Rollout> rollouts = problems.apply("SampleRollouts", sampleRollouts());
    PCollection<Verdict> verdicts =
        rollouts.apply("VerifyAnswers", verifyAnswers()).apply(keep(Stage.VERDICTS));
    PCollectionTuple evidence =
        PCollectionTuple.of(AssignCredit.ROLLOUTS, rollouts).and(AssignCredit.VERDICTS, verdicts);
    if (critic.isPresent()) {
      PCollection<Critique> critiques =
          rollouts.apply("CritiqueSteps", critiqueSteps(critic.get()));
      PCollection<StepVotes> votes =
          PCollectionTuple.of(VoteOnSteps.ROLLOUTS, rollouts)
              .and(VoteOnSteps.CRITIQUES, critiques)
              .apply("VoteOnSteps", voteOnSteps())
              .apply(keep(Stage.VOTES));
      evidence = evidence.and(VoteOnSteps.CRITIQUES, critiques).and(AssignCredit.VOTES, votes);
    }
    PCollection<CreditedRollout> credited =
        evidence.apply("AssignCredit", assignCredit()).apply(keep(Stage.CREDITS));
    PCollection<TrainingBatch> batches =
        evidence
            .and(RequireEvidence.CREDITS, credited)
            .apply("RequireEvidence", requireEvidence())
            .apply("FormBatches", formBatches());
    PCollectionTuple update = PCollectionTuple.of(TrainPolicy.BATCHES, batches);
    if (scoring.isPresent()) {
      update =
          update.and(
              TrainPolicy.LOG_PROBABILITIES,
              rollouts.apply("ComputeLogProbabilities", computeLogProbabilities(scoring.get())));
    }
    return update.apply("TrainPolicy", trainPolicy());
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("run", run.root().toString()));
    builder.add(DisplayData.item("iteration", iteration));
    builder.add(DisplayData.item("policy", policy.identity()));
    critic.ifPresent(asked -> builder.add(DisplayData.item("critic", asked.identity())));
  }

  private SampleRollouts sampleRollouts() {
    return SampleRollouts.from(policy)
        .withRequest(RecipeSettings.sampleRequest(recipe, run, iteration))
        .withShards(plan, store(Stage.ROLLOUTS));
  }

  private VerifyAnswers verifyAnswers() {
    return VerifyAnswers.with(recipe.verify().verifier()).withOptions(recipe.verify().options());
  }

  private CritiqueSteps critiqueSteps(CriticSource source) {
    return CritiqueSteps.by(source)
        .times(recipe.critique().times())
        .withSeed(recipe.seed())
        .withShards(plan, store(Stage.CRITIQUES));
  }

  private ComputeLogProbabilities computeLogProbabilities(ScoringSpec spec) {
    return ComputeLogProbabilities.of(spec).withShards(plan, store(Stage.LOG_PROBABILITIES));
  }

  private VoteOnSteps voteOnSteps() {
    return VoteOnSteps.by(VotingRules.named(recipe.vote().rule()))
        .withCritiques(recipe.critique().times())
        .withSplitter(recipe.critique().splitter());
  }

  private AssignCredit assignCredit() {
    return AssignCredit.by(
        CreditSchemes.named(recipe.credit().scheme()), recipe.credit().settings());
  }

  private RequireEvidence requireEvidence() {
    return RequireEvidence.withShares(
        recipe.verify().maxFaultShare(),
        recipe.critique().maxVoidShare(),
        recipe.critique().server().maxFailedShare());
  }

  private FormBatches formBatches() {
    return FormBatches.ofRollouts(recipe.batch().miniBatchRollouts())
        .withEpochs(recipe.train().epochs())
        .withZeroSpread(RecipeSettings.zeroSpread(recipe))
        .withSeed(recipe.seed())
        .withIteration(iteration);
  }

  private TrainPolicy trainPolicy() {
    return TrainPolicy.from(run.policies())
        .withRollouts(store(Stage.ROLLOUTS))
        .withCredits(store(Stage.CREDITS))
        .withLogProbabilities(store(Stage.LOG_PROBABILITIES))
        .withSettings(RecipeSettings.training(recipe))
        .withSeed(recipe.seed())
        .withIteration(iteration);
  }

  private <T extends SpecificRecordBase> CommitShards<T> keep(Stage<T> stage) {
    return CommitShards.into(store(stage), plan);
  }

  private <T extends SpecificRecordBase> ShardStore<T> store(Stage<T> stage) {
    return run.shards(iteration, stage);
  }
}
