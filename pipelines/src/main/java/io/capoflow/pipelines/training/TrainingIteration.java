package io.capoflow.pipelines.training;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.CriticSource;
import io.capoflow.models.policy.PolicySource;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.PolicyVersion;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.Verdict;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.batch.FormBatches;
import io.capoflow.transforms.credit.AssignCredit;
import io.capoflow.transforms.credit.CreditSchemes;
import io.capoflow.transforms.critique.CritiqueSteps;
import io.capoflow.transforms.evidence.RequireEvidence;
import io.capoflow.transforms.sample.SampleRollouts;
import io.capoflow.transforms.storage.CommitShards;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardPlan;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.train.TrainPolicy;
import io.capoflow.transforms.verify.VerifyAnswers;
import io.capoflow.transforms.vote.VoteOnSteps;
import io.capoflow.transforms.vote.VotingRules;
import java.util.List;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;

/**
 * One iteration of CAPO (docs/method.md, "One iteration"): sample, verify, critique in parallel,
 * vote, assign credit, batch, train. Reads policy v_k, commits v_(k+1), and keeps what every stage
 * made.
 */
final class TrainingIteration {
  private final TrainingRecipe recipe;
  private final RunDirectory run;
  private final int iteration;
  private final List<Problem> problems;
  private final ShardPlan plan;
  private final PolicySource policy;
  private final Optional<CriticSource> critic;

  /**
   * @param problems of this iteration, in plan order
   * @param critic absent where the recipe asks none
   */
  TrainingIteration(
      TrainingRecipe recipe,
      RunDirectory run,
      int iteration,
      List<Problem> problems,
      PolicySource policy,
      Optional<CriticSource> critic) {
    this.recipe = requireNonNull(recipe, "recipe");
    this.run = requireNonNull(run, "run");
    this.iteration = iteration;
    this.problems = List.copyOf(problems);
    this.plan =
        ShardPlan.of(
            problems.stream().map(Problem::getProblemId).toList(), recipe.sample().shardProblems());
    this.policy = requireNonNull(policy, "policy");
    this.critic = requireNonNull(critic, "critic");
  }

  PCollection<PolicyVersion> build(Pipeline pipeline) {
    PCollection<Problem> asked =
        pipeline.apply(
            "Problems", Create.of(problems).withCoder(AvroCoder.specific(Problem.class)));
    PCollection<Rollout> rollouts = asked.apply("SampleRollouts", sampleRollouts());
    PCollection<Verdict> verdicts =
        keep(Stage.VERDICTS, rollouts.apply("VerifyAnswers", verifyAnswers()));
    PCollectionTuple evidence =
        PCollectionTuple.of(AssignCredit.ROLLOUTS, rollouts).and(AssignCredit.VERDICTS, verdicts);
    if (critic.isPresent()) {
      PCollection<Critique> critiques =
          rollouts.apply("CritiqueSteps", critiqueSteps(critic.get()));
      PCollection<StepVotes> votes =
          keep(
              Stage.VOTES,
              PCollectionTuple.of(VoteOnSteps.ROLLOUTS, rollouts)
                  .and(VoteOnSteps.CRITIQUES, critiques)
                  .apply("VoteOnSteps", voteOnSteps()));
      evidence = evidence.and(AssignCredit.VOTES, votes);
    }
    PCollection<CreditedRollout> credited =
        keep(Stage.CREDITS, evidence.apply("AssignCredit", assignCredit()));
    return evidence
        .and(RequireEvidence.CREDITS, credited)
        .apply("RequireEvidence", requireEvidence())
        .apply("FormBatches", formBatches())
        .apply("TrainPolicy", trainPolicy());
  }

  /** The shards of every stage, in which progress is counted. */
  ShardPlan plan() {
    return plan;
  }

  private SampleRollouts.InShards sampleRollouts() {
    return SampleRollouts.from(policy)
        .asking(RecipeSettings.sampleRequest(recipe, run, iteration))
        .inShards(plan, run.shards(iteration, Stage.ROLLOUTS));
  }

  private VerifyAnswers verifyAnswers() {
    return VerifyAnswers.with(recipe.verify().verifier()).withOptions(recipe.verify().options());
  }

  private CritiqueSteps.InShards critiqueSteps(CriticSource source) {
    return CritiqueSteps.by(source)
        .times(recipe.critique().times())
        .seeded(recipe.seed())
        .inShards(plan, run.shards(iteration, Stage.CRITIQUES));
  }

  private VoteOnSteps voteOnSteps() {
    return VoteOnSteps.by(VotingRules.named(recipe.vote().rule()))
        .of(recipe.critique().times())
        .withSplitter(recipe.critique().splitter());
  }

  private AssignCredit assignCredit() {
    return AssignCredit.by(
        CreditSchemes.named(recipe.credit().scheme()), recipe.credit().settings());
  }

  private RequireEvidence requireEvidence() {
    return RequireEvidence.withShares(
        recipe.verify().maxFaultShare(), recipe.critique().maxVoidShare());
  }

  private FormBatches formBatches() {
    return FormBatches.by(RecipeSettings.batches(recipe))
        .seeded(recipe.seed())
        .ofIteration(iteration);
  }

  private TrainPolicy trainPolicy() {
    return TrainPolicy.as(RecipeSettings.training(recipe, run, iteration));
  }

  private <T extends SpecificRecordBase> PCollection<T> keep(Stage<T> stage, PCollection<T> rows) {
    return rows.apply(
        "Keep " + stage.folder(), CommitShards.into(run.shards(iteration, stage), plan));
  }
}
