package io.capoflow.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.policy.Policy;
import io.capoflow.models.policy.Policy.SampleRequest;
import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.UserMistake;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.credit.AssignCredit;
import io.capoflow.transforms.credit.CapoCredit;
import io.capoflow.transforms.credit.CreditSettings;
import io.capoflow.transforms.credit.CreditSettings.Normalisation;
import io.capoflow.transforms.credit.Evidence;
import io.capoflow.transforms.credit.GrpoCredit;
import io.capoflow.transforms.critique.CritiqueSteps;
import io.capoflow.transforms.fakes.FakeCritic;
import io.capoflow.transforms.fakes.FakePolicy;
import io.capoflow.transforms.fakes.FakeVerifier;
import io.capoflow.transforms.sample.SampleRollouts;
import io.capoflow.transforms.storage.CommitShards;
import io.capoflow.transforms.storage.RowCoder;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardPlan;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.StageManifest;
import io.capoflow.transforms.verify.AnswerVerification;
import io.capoflow.transforms.verify.VerifyAnswers;
import io.capoflow.transforms.vote.StepVoting;
import io.capoflow.transforms.vote.VoteOnSteps;
import io.capoflow.transforms.vote.VotingRule;
import io.capoflow.transforms.vote.VotingRules;
import io.capoflow.verifiers.VerifierOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricName;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** The stages from sampling to credit, wired as an iteration wires them. */
class StagesTest {
  private static final int ITERATION = 3;
  private static final int TIMES = 4;
  private static final List<Stage<?>> STAGES =
      List.of(Stage.ROLLOUTS, Stage.VERDICTS, Stage.CRITIQUES, Stage.VOTES, Stage.CREDITS);
  private static final List<Problem> PROBLEMS =
      IntStream.range(0, 7).mapToObj(index -> Rows.problem("problem-" + index)).toList();
  private static final SampleRequest REQUEST =
      new SampleRequest("run", ITERATION, "v00003", 5, new SamplingParameters(1, 1, 16), 8, 11);

  @TempDir Path directory;

  @Test
  void everyStageEmitsAndKeepsExactlyWhatItsPlainLogicSays(TestInfo test) {
    Iteration iteration = new Iteration(test.getDisplayName(), directory, 3, 1);
    Expected expected = Expected.of(iteration);
    Pipeline pipeline = iteration.pipeline();
    Outputs outputs = iteration.wire(pipeline, PROBLEMS);

    PAssert.that(outputs.rollouts).containsInAnyOrder(expected.rollouts);
    PAssert.that(outputs.critiques).containsInAnyOrder(expected.critiques);
    PAssert.that(outputs.votes).containsInAnyOrder(expected.votes);
    PAssert.that(outputs.credits).containsInAnyOrder(expected.credits);
    pipeline.run().waitUntilFinish();

    SortedMap<String, String> digests = iteration.close();
    assertThat(digests)
        .containsOnlyKeys(
            STAGES.stream().map(stage -> "iterations/00003/" + stage.folder()).toList());
    RunDirectory run = iteration.run();
    assertThat(run.rows(ITERATION, Stage.ROLLOUTS))
        .containsExactlyInAnyOrderElementsOf(expected.rollouts);
    assertThat(run.rows(ITERATION, Stage.CRITIQUES))
        .containsExactlyInAnyOrderElementsOf(expected.critiques);
    assertThat(run.rows(ITERATION, Stage.VERDICTS))
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("micros")
        .containsExactlyInAnyOrderElementsOf(expected.verdicts);
    assertThat(run.rows(ITERATION, Stage.VOTES))
        .containsExactlyInAnyOrderElementsOf(expected.votes);
    assertThat(run.rows(ITERATION, Stage.CREDITS))
        .containsExactlyInAnyOrderElementsOf(expected.credits);
    assertThat(expected.credits).anyMatch(CreditedRollout::getInLoss);
  }

  @Test
  void runningAgainEmitsTheSameAndAsksNeitherPolicyNorCritic(TestInfo test) {
    Iteration iteration = new Iteration(test.getDisplayName(), directory, 3, 1);
    SortedMap<String, String> first = iteration.runWhole();
    int policyCalls = iteration.policy().calls();
    int criticCalls = iteration.critic().calls();
    assertThat(policyCalls).isEqualTo(3);
    assertThat(criticCalls).isEqualTo(3);

    SortedMap<String, String> second = iteration.runWhole();

    assertThat(second).isEqualTo(first);
    assertThat(iteration.policy().calls()).isEqualTo(policyCalls);
    assertThat(iteration.critic().calls()).isEqualTo(criticCalls);
  }

  @Test
  void stagesCountWhatTheyComputeAndWhatTheyRead(TestInfo test) {
    Iteration iteration = new Iteration(test.getDisplayName(), directory, 3, 1);

    SortedMap<String, Long> first = iteration.counts();
    SortedMap<String, Long> second = iteration.counts();

    List<Rollout> rollouts = iteration.run().rows(ITERATION, Stage.ROLLOUTS);
    List<Critique> critiques = iteration.run().rows(ITERATION, Stage.CRITIQUES);
    assertThat(first)
        .containsEntry("sample.rollouts", (long) rollouts.size())
        .containsEntry(
            "sample.tokens",
            rollouts.stream().mapToLong(rollout -> rollout.getResponseTokenIds().size()).sum())
        .containsEntry("critique.critiques", (long) critiques.size())
        .containsEntry(
            "critique.void_critiques",
            critiques.stream().filter(critique -> critique.getVoidReason() != null).count())
        .containsEntry("critique.tokens", critiques.stream().mapToLong(Critique::getTokens).sum());
    for (Stage<?> stage : STAGES) {
      assertThat(first).containsEntry(stage.verb() + ".commits_won", 3L);
      assertThat(second).containsEntry(stage.verb() + ".commits_read", 3L);
    }
    assertThat(first.keySet()).noneMatch(name -> name.endsWith("commits_read"));
    assertThat(second.keySet())
        .allMatch(name -> name.endsWith(".commits_read") || name.startsWith("models."));
  }

  @Test
  void onlyTheShardWhoseCommitIsMissingIsComputedAgain(TestInfo test) throws Exception {
    Iteration iteration = new Iteration(test.getDisplayName(), directory, 3, 1);
    SortedMap<String, String> first = iteration.runWhole();
    try (var files =
        Files.newDirectoryStream(
            iteration.run().stage(ITERATION, Stage.ROLLOUTS), "_shard-00001.*.commit.json")) {
      for (Path commit : files) {
        Files.delete(commit);
      }
    }

    assertThat(iteration.runWhole()).isEqualTo(first);
    assertThat(iteration.policy().calls()).isEqualTo(4);
    assertThat(iteration.critic().calls()).isEqualTo(3);
  }

  @Test
  void neitherParallelismNorArrivalOrderChangesADigest(TestInfo test) {
    Iteration one = new Iteration(test.getDisplayName(), directory.resolve("one"), 3, 1);
    Iteration four = new Iteration(test.getDisplayName(), directory.resolve("four"), 3, 4);
    List<Problem> reversed = new ArrayList<>(PROBLEMS);
    Collections.reverse(reversed);

    assertThat(four.runWhole(reversed)).isEqualTo(one.runWhole());
  }

  @Test
  void anotherPolicyIsSampledAgainUnderTheSamePlan(TestInfo test) {
    new Iteration(test.getDisplayName(), directory, 3, 1).runWhole();
    Iteration other = new Iteration(test.getDisplayName() + " other", directory, 3, 1);

    other.runWhole();

    assertThat(other.policy().calls()).isEqualTo(3);
    assertThat(other.run().rows(ITERATION, Stage.ROLLOUTS)).hasSize(35);
  }

  @Test
  void creditThatNeedsVotesRefusesToDoWithoutThem() {
    Pipeline pipeline = Pipeline.create();
    PCollectionTuple evidence =
        PCollectionTuple.of(
                AssignCredit.ROLLOUTS,
                pipeline.apply("r", Create.empty(RowCoder.of(Rollout.class))))
            .and(
                AssignCredit.VERDICTS,
                pipeline.apply("v", Create.empty(RowCoder.of(Verdict.class))));

    assertThatThrownBy(() -> evidence.apply(AssignCredit.capo(2, 1)))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("credit.scheme");
  }

  @Test
  void schemeWithoutVotesCreditsFromVerdictsAlone() {
    List<Rollout> rollouts = sampled(new FakePolicy("outcome only"));
    List<Verdict> verdicts = rollouts.stream().map(Expected::verdict).toList();
    CreditSettings settings = new CreditSettings(2, 1, Normalisation.TOKEN, 0);
    Pipeline pipeline = Pipeline.create();

    PCollection<CreditedRollout> credits =
        PCollectionTuple.of(
                AssignCredit.ROLLOUTS,
                pipeline.apply("r", Create.of(rollouts).withCoder(RowCoder.of(Rollout.class))))
            .and(
                AssignCredit.VERDICTS,
                pipeline.apply("v", Create.of(verdicts).withCoder(RowCoder.of(Verdict.class))))
            .apply(AssignCredit.by(new GrpoCredit(), settings));

    List<CreditedRollout> expected = new ArrayList<>();
    for (int start = 0; start < rollouts.size(); start += 5) {
      List<Evidence> group =
          IntStream.range(start, start + 5)
              .mapToObj(i -> new Evidence(rollouts.get(i), verdicts.get(i), Optional.empty()))
              .toList();
      expected.addAll(new GrpoCredit().assign(group, settings));
    }
    PAssert.that(credits).containsInAnyOrder(expected);
    pipeline.run().waitUntilFinish();
  }

  private static List<Rollout> sampled(FakePolicy policy) {
    try (Policy opened = policy.open()) {
      return opened.sample(PROBLEMS, REQUEST);
    }
  }

  /** What the plain logic says, without Beam. */
  private record Expected(
      List<Rollout> rollouts,
      List<Verdict> verdicts,
      List<Critique> critiques,
      List<StepVotes> votes,
      List<CreditedRollout> credits) {
    static Expected of(Iteration iteration) {
      List<Rollout> rollouts = sampled(new FakePolicy(iteration.name() + " expected"));
      List<Verdict> verdicts = rollouts.stream().map(Expected::verdict).toList();
      List<Critique> critiques;
      try (var critic = iteration.critic().open()) {
        critiques = critic.critique(rollouts, TIMES, 11).await();
      }
      Map<String, List<Critique>> byRollout =
          critiques.stream().collect(Collectors.groupingBy(Critique::getRolloutId));
      List<StepVotes> votes =
          rollouts.stream()
              .map(
                  rollout ->
                      StepVoting.vote(
                          rollout,
                          byRollout.get(rollout.getRolloutId()),
                          Iteration.RULE,
                          new BlankLineSplitter(),
                          TIMES))
              .toList();
      Map<String, Evidence> evidence =
          IntStream.range(0, rollouts.size())
              .mapToObj(
                  i -> new Evidence(rollouts.get(i), verdicts.get(i), Optional.of(votes.get(i))))
              .collect(Collectors.toMap(e -> e.rollout().getRolloutId(), Function.identity()));
      List<CreditedRollout> credits = new ArrayList<>();
      for (Problem problem : PROBLEMS) {
        List<Evidence> group =
            rollouts.stream()
                .filter(r -> r.getProblem().equals(problem))
                .map(r -> evidence.get(r.getRolloutId()))
                .toList();
        credits.addAll(
            new CapoCredit().assign(group, new CreditSettings(2, 1, Normalisation.TOKEN, 0)));
      }
      return new Expected(rollouts, verdicts, critiques, votes, credits);
    }

    static Verdict verdict(Rollout rollout) {
      return new AnswerVerification(new FakeVerifier(), VerifierOptions.strict()).verify(rollout);
    }
  }

  private record Outputs(
      PCollection<Rollout> rollouts,
      PCollection<Verdict> verdicts,
      PCollection<Critique> critiques,
      PCollection<StepVotes> votes,
      PCollection<CreditedRollout> credits) {}

  private record Iteration(String name, Path root, int problemsPerShard, int parallelism) {
    private static final VotingRule RULE = VotingRules.named("majority");

    FakePolicy policy() {
      return new FakePolicy(name);
    }

    FakeCritic critic() {
      return new FakeCritic(name);
    }

    RunDirectory run() {
      return RunDirectory.at(root);
    }

    ShardPlan plan() {
      return ShardPlan.of(PROBLEMS.stream().map(Problem::getProblemId).toList(), problemsPerShard);
    }

    Pipeline pipeline() {
      DirectOptions options = PipelineOptionsFactory.as(DirectOptions.class);
      options.setTargetParallelism(parallelism);
      return Pipeline.create(options);
    }

    Outputs wire(Pipeline pipeline, List<Problem> problems) {
      RunDirectory run = run();
      ShardPlan plan = plan();
      PCollection<Rollout> rollouts =
          pipeline
              .apply("Problems", Create.of(problems).withCoder(RowCoder.of(Problem.class)))
              .apply(
                  "Sample",
                  SampleRollouts.from(policy())
                      .withRequest(REQUEST)
                      .withShards(plan, run.shards(ITERATION, Stage.ROLLOUTS)));
      PCollection<Verdict> verdicts =
          rollouts
              .apply("Verify", VerifyAnswers.with("fake"))
              .apply(
                  "Keep verdicts", CommitShards.into(run.shards(ITERATION, Stage.VERDICTS), plan));
      PCollection<Critique> critiques =
          rollouts.apply(
              "Critique",
              CritiqueSteps.by(critic())
                  .times(TIMES)
                  .withSeed(11)
                  .withShards(plan, run.shards(ITERATION, Stage.CRITIQUES)));
      PCollection<StepVotes> votes =
          PCollectionTuple.of(VoteOnSteps.ROLLOUTS, rollouts)
              .and(VoteOnSteps.CRITIQUES, critiques)
              .apply("Vote", VoteOnSteps.by(RULE).withCritiques(TIMES))
              .apply("Keep votes", CommitShards.into(run.shards(ITERATION, Stage.VOTES), plan));
      PCollection<CreditedRollout> credits =
          PCollectionTuple.of(AssignCredit.ROLLOUTS, rollouts)
              .and(AssignCredit.VERDICTS, verdicts)
              .and(AssignCredit.VOTES, votes)
              .apply("Credit", AssignCredit.capo(2, 1))
              .apply("Keep credits", CommitShards.into(run.shards(ITERATION, Stage.CREDITS), plan));
      return new Outputs(rollouts, verdicts, critiques, votes, credits);
    }

    SortedMap<String, String> runWhole() {
      return runWhole(PROBLEMS);
    }

    SortedMap<String, String> runWhole(List<Problem> problems) {
      Pipeline pipeline = pipeline();
      wire(pipeline, problems);
      pipeline.run().waitUntilFinish();
      return close();
    }

    /** Counters of ours, over all steps of a run. */
    SortedMap<String, Long> counts() {
      Pipeline pipeline = pipeline();
      wire(pipeline, PROBLEMS);
      PipelineResult result = pipeline.run();
      result.waitUntilFinish();
      close();
      SortedMap<String, Long> counts = new TreeMap<>();
      result
          .metrics()
          .allMetrics()
          .getCounters()
          .forEach(
              count -> {
                MetricName name = count.getName();
                if (!name.getNamespace().startsWith("org.apache.")) {
                  counts.merge(
                      name.getNamespace() + "." + name.getName(), count.getAttempted(), Long::sum);
                }
              });
      return counts;
    }

    SortedMap<String, String> close() {
      STAGES.forEach(
          stage -> StageManifest.close(run().shards(ITERATION, stage), plan().shards(), "test"));
      return run().digests();
    }
  }
}
