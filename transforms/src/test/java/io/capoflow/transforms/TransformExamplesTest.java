package io.capoflow.transforms;

import static io.capoflow.transforms.vote.VotingRules.intersection;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.critic.CriticSource;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.learning.AdamWSettings;
import io.capoflow.models.learning.ComputeSettings;
import io.capoflow.models.learning.GradientParts;
import io.capoflow.models.learning.Layout;
import io.capoflow.models.learning.LearningRateSchedule;
import io.capoflow.models.learning.ObjectiveSettings;
import io.capoflow.models.learning.PartSettings;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.policy.Policy.SampleRequest;
import io.capoflow.models.policy.PolicySource;
import io.capoflow.models.scoring.ScoredModel;
import io.capoflow.models.scoring.ScoredModels;
import io.capoflow.models.scoring.ScoringSettings;
import io.capoflow.models.scoring.ScoringSpec;
import io.capoflow.models.scoring.ScoringSpec.Asked;
import io.capoflow.models.tensor.TorchSettings;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.PolicyVersion;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.ResponseLogProbabilities;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.TrainingBatch;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.batch.FormBatches;
import io.capoflow.transforms.credit.AssignCredit;
import io.capoflow.transforms.critique.CritiqueSteps;
import io.capoflow.transforms.fakes.FakeCritic;
import io.capoflow.transforms.fakes.FakePolicy;
import io.capoflow.transforms.logprobs.ComputeLogProbabilities;
import io.capoflow.transforms.sample.SampleRollouts;
import io.capoflow.transforms.storage.RowCoder;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardPlan;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.train.TrainPolicy;
import io.capoflow.transforms.train.TrainingSettings;
import io.capoflow.transforms.verify.VerifyAnswers;
import io.capoflow.transforms.vote.VoteOnSteps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The examples with which the seven transforms' documentation opens, and what they refuse. */
class TransformExamplesTest {
  private static final Path SOURCES =
      Path.of(System.getProperty("capoflow.home", ".."), "transforms");
  private static final Pattern EXAMPLE =
      Pattern.compile("<pre>\\{@code\\R(.*?) \\* }</pre>", Pattern.DOTALL);

  @TempDir Path directory;

  @Test
  void togetherTheyAreAnIteration() {
    Pipeline pipeline = Pipeline.create();
    RunDirectory run = RunDirectory.at(directory);
    ShardPlan plan = ShardPlan.of(List.of("p"), 1);
    PolicySource policy = new FakePolicy("examples");
    CriticSource critic = new FakeCritic("examples");
    long seed = 11;
    SampleRequest request =
        new SampleRequest("run", 3, "v00003", 5, new SamplingParameters(1, 1, 16), 8, seed);
    TrainingSettings settings = settings();
    ScoringSpec scoring = scoring();
    PCollection<Problem> problems =
        pipeline.apply(Create.of(Rows.problem("p")).withCoder(RowCoder.of(Problem.class)));

    PCollection<Rollout> rollouts =
        problems.apply(
            SampleRollouts.from(policy)
                .withRequest(request)
                .withShards(plan, run.shards(3, Stage.ROLLOUTS)));
    PCollection<Verdict> verdicts = rollouts.apply(VerifyAnswers.with("math"));
    PCollection<Critique> critiques =
        rollouts.apply(
            CritiqueSteps.by(critic)
                .times(4)
                .withSeed(seed)
                .withShards(plan, run.shards(3, Stage.CRITIQUES)));
    PCollection<StepVotes> votes =
        PCollectionTuple.of(VoteOnSteps.ROLLOUTS, rollouts)
            .and(VoteOnSteps.CRITIQUES, critiques)
            .apply(VoteOnSteps.by(intersection()).withCritiques(4));
    PCollection<CreditedRollout> credited =
        PCollectionTuple.of(AssignCredit.ROLLOUTS, rollouts)
            .and(AssignCredit.VERDICTS, verdicts)
            .and(AssignCredit.VOTES, votes) // may be left out for a scheme that needs none
            .apply(AssignCredit.capo(2, 1));
    PCollection<TrainingBatch> batches =
        credited.apply(FormBatches.ofRollouts(192).withEpochs(4).withSeed(seed).withIteration(3));
    PCollection<ResponseLogProbabilities> logProbabilities =
        rollouts.apply(
            ComputeLogProbabilities.of(scoring)
                .withShards(plan, run.shards(3, Stage.LOG_PROBABILITIES)));
    PCollection<PolicyVersion> next =
        PCollectionTuple.of(TrainPolicy.BATCHES, batches)
            .and(TrainPolicy.LOG_PROBABILITIES, logProbabilities) // left out where none are asked
            .apply(
                TrainPolicy.from(run.policies())
                    .withRollouts(run.shards(3, Stage.ROLLOUTS))
                    .withCredits(run.shards(3, Stage.CREDITS))
                    .withLogProbabilities(run.shards(3, Stage.LOG_PROBABILITIES))
                    .withSettings(settings)
                    .withSeed(seed)
                    .withIteration(3));

    assertThat(next.getCoder()).isEqualTo(RowCoder.of(PolicyVersion.class));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sample/SampleRollouts",
        "verify/VerifyAnswers",
        "critique/CritiqueSteps",
        "vote/VoteOnSteps",
        "credit/AssignCredit",
        "batch/FormBatches",
        "logprobs/ComputeLogProbabilities",
        "train/TrainPolicy"
      })
  void theDocumentationShowsWhatRunsHere(String transform) throws IOException {
    String source =
        Files.readString(
            SOURCES.resolve("src/main/java/io/capoflow/transforms/" + transform + ".java"));
    Matcher example = EXAMPLE.matcher(source);
    assertThat(example.find()).as("an example in " + transform).isTrue();
    String here =
        Files.readString(
            SOURCES.resolve("src/test/java/io/capoflow/transforms/TransformExamplesTest.java"));
    assertThat(words(here)).contains(words(example.group(1).replaceAll("(?m)^ \\* ?", "")));
  }

  @Test
  void samplingWithoutItsRequestOrShardsIsRefused() {
    SampleRollouts sampling = SampleRollouts.from(new FakePolicy("missing"));
    assertRefused(sampling, Problem.class, "SampleRollouts", "request", "withRequest");
    SampleRequest request =
        new SampleRequest("run", 3, "v00003", 5, new SamplingParameters(1, 1, 16), 8, 11);
    assertRefused(
        sampling.withRequest(request), Problem.class, "SampleRollouts", "shards", "withShards");
  }

  @Test
  void critiqueWithoutItsSeedOrShardsIsRefused() {
    CritiqueSteps critique = CritiqueSteps.by(new FakeCritic("missing")).times(2);
    assertRefused(critique, Rollout.class, "CritiqueSteps", "seed", "withSeed");
    assertRefused(critique.withSeed(0), Rollout.class, "CritiqueSteps", "shards", "withShards");
    assertThatThrownBy(() -> critique.times(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aVoteWithoutItsNumberOfCritiquesIsRefused() {
    Pipeline pipeline = Pipeline.create();
    PCollectionTuple input =
        PCollectionTuple.of(VoteOnSteps.ROLLOUTS, empty(pipeline, "r", Rollout.class))
            .and(VoteOnSteps.CRITIQUES, empty(pipeline, "c", Critique.class));
    assertThatThrownBy(() -> input.apply(VoteOnSteps.by(intersection())))
        .isInstanceOf(MissingSetting.class)
        .hasMessage(
            "VoteOnSteps is applied without its number of critiques: add .withCritiques(…), it has"
                + " no default");
  }

  @Test
  void batchesWithoutTheirSeedOrIterationAreRefused() {
    FormBatches batches = FormBatches.ofRollouts(100);
    assertRefused(
        batches.withIteration(0), CreditedRollout.class, "FormBatches", "seed", "withSeed");
    assertRefused(
        batches.withSeed(0), CreditedRollout.class, "FormBatches", "iteration", "withIteration");
  }

  @Test
  void trainingWithoutAnythingItReadsIsRefused() {
    RunDirectory run = RunDirectory.at(directory);
    TrainPolicy training = TrainPolicy.from(run.policies());
    assertRefused(training, "store of rollouts", "withRollouts");
    training = training.withRollouts(run.shards(0, Stage.ROLLOUTS));
    assertRefused(training, "store of credits", "withCredits");
    training = training.withCredits(run.shards(0, Stage.CREDITS));
    assertRefused(training, "store of log-probabilities", "withLogProbabilities");
    training = training.withLogProbabilities(run.shards(0, Stage.LOG_PROBABILITIES));
    assertRefused(training, "settings", "withSettings");
    training = training.withSettings(settings());
    assertRefused(training, "seed", "withSeed");
    training = training.withSeed(0);
    assertRefused(training, "iteration", "withIteration");
  }

  @Test
  void logProbabilitiesWithoutTheirShardsAreRefused() {
    assertRefused(
        ComputeLogProbabilities.of(scoring()),
        Rollout.class,
        "ComputeLogProbabilities",
        "shards",
        "withShards");
  }

  private static void assertRefused(TrainPolicy training, String setting, String method) {
    PCollectionTuple input =
        PCollectionTuple.of(
            TrainPolicy.BATCHES, empty(Pipeline.create(), "batches", TrainingBatch.class));
    assertThatThrownBy(() -> training.expand(input))
        .isInstanceOf(MissingSetting.class)
        .hasMessage(
            "TrainPolicy is applied without its %s: add .%s(…), it has no default"
                .formatted(setting, method));
  }

  private static <T extends SpecificRecordBase> void assertRefused(
      PTransform<PCollection<T>, ?> transform,
      Class<T> rows,
      String name,
      String setting,
      String method) {
    PCollection<T> input = empty(Pipeline.create(), "rows", rows);
    assertThatThrownBy(() -> transform.expand(input))
        .isInstanceOf(MissingSetting.class)
        .hasMessage(
            "%s is applied without its %s: add .%s(…), it has no default"
                .formatted(name, setting, method));
  }

  private static <T extends SpecificRecordBase> PCollection<T> empty(
      Pipeline pipeline, String name, Class<T> rows) {
    return pipeline.apply(name, Create.empty(RowCoder.of(rows)));
  }

  private static TrainingSettings settings() {
    return new TrainingSettings(
        "cpu",
        TorchSettings.ofThreads(1),
        ObjectiveSettings.standard(0, 1),
        new AdamWSettings(0.9, 0.95, 1e-8, 0, 1),
        Layout.PADDED,
        ComputeSettings.STANDARD,
        PartSettings.STANDARD,
        LearningRateSchedule.constant(1e-3),
        LoraSettings.NONE);
  }

  private static ScoringSpec scoring() {
    ScoredModel start = new ScoredModel("policy/v00000", "digest");
    return new ScoringSpec(
        new ScoredModels(start, start, start, LoraSettings.NONE, 11),
        Asked.OLD,
        new ScoringSettings(
            "cpu",
            TorchSettings.ofThreads(1),
            1,
            Layout.PADDED,
            ComputeSettings.STANDARD,
            GradientParts.SLOTS));
  }

  private static String words(String text) {
    return text.replaceAll("\\s+", " ").strip();
  }
}
