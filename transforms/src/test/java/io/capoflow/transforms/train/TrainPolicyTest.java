package io.capoflow.transforms.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.ModelDigest;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.learning.AdamWSettings;
import io.capoflow.models.learning.ComputeSettings;
import io.capoflow.models.learning.GradientParts;
import io.capoflow.models.learning.Layout;
import io.capoflow.models.learning.LearningRateSchedule;
import io.capoflow.models.learning.ObjectiveSettings;
import io.capoflow.models.learning.PartSettings;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.lora.PeftConfig;
import io.capoflow.models.policy.Policy;
import io.capoflow.models.policy.Policy.SampleRequest;
import io.capoflow.models.policy.PolicySpec;
import io.capoflow.models.scoring.ScoredModel;
import io.capoflow.models.scoring.ScoredModels;
import io.capoflow.models.scoring.ScoringSettings;
import io.capoflow.models.scoring.ScoringSpec;
import io.capoflow.models.scoring.ScoringSpec.Asked;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.TorchSettings;
import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.PolicyVersion;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.TrainingBatch;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.batch.BatchPlanner;
import io.capoflow.transforms.batch.BatchSettings;
import io.capoflow.transforms.batch.FormBatches;
import io.capoflow.transforms.batch.RolloutReference;
import io.capoflow.transforms.logprobs.ComputeLogProbabilities;
import io.capoflow.transforms.logprobs.ScoredShard;
import io.capoflow.transforms.storage.KlToken;
import io.capoflow.transforms.storage.PolicyStore;
import io.capoflow.transforms.storage.RowCoder;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardPlan;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The training sink with a real, tiny model. */
class TrainPolicyTest {
  private static final int SEED = 5;
  private static final BatchSettings BATCHES =
      new BatchSettings(2, 8, BatchSettings.ZeroSpread.KEEP);

  /** So that every step has several, and two threads compute them. */
  private static final PartSettings PARTS = new PartSettings(60, 2, 10_000);

  private static final LoraSettings LORA =
      LoraSettings.of(4, 8, List.of(LoraTarget.Q_PROJ, LoraTarget.DOWN_PROJ));

  /** Eight bits of a logit of this model. */
  private static final double BF16_ROUNDING = 0.05;

  @TempDir static Path shared;
  private static Path start;
  @TempDir Path directory;

  @BeforeAll
  static void makeStartingPolicy() throws IOException {
    DecoderConfig config =
        DecoderConfig.llama(
            24,
            16,
            2,
            2,
            1,
            8,
            24,
            1e-5,
            10_000,
            true,
            64,
            OptionalInt.of(1),
            List.of(2),
            OptionalInt.of(0));
    String vocabulary =
        IntStream.range(0, 24)
            .mapToObj(id -> "\"w" + id + "\": " + id)
            .collect(Collectors.joining(", "));
    Path tokenizer = Files.createDirectories(shared.resolve("tokenizer"));
    Files.writeString(
        tokenizer.resolve("tokenizer.json"),
        """
        {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
         "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null,
         "decoder": null,
         "model": {"type": "WordLevel", "vocab": {%s}, "unk_token": "w0"}}
        """
            .formatted(vocabulary));
    start = Files.createDirectories(shared.resolve("start"));
    try (CausalLm model = ModelLoader.initialise(config, tokenizer, 1, "cpu")) {
      model.save(start);
    }
  }

  @Test
  void bfloat16UpdatesBeginOnPolicyAndKeepFloat32Weights() {
    ComputeSettings compute = new ComputeSettings(Precision.BF16, true, 16);
    List<String> digests = new ArrayList<>();
    for (String name : List.of("one", "two")) {
      RunDirectory run = startedRun(name);
      List<CreditedRollout> credits = sampleAndCredit(run, 0);
      update(spec(run, 0, 0.1, compute), plan(credits, 0));
      TrainerState state = run.policies().find(1).orElseThrow();
      // Policy and reference compute alike: what is between them is their parts' rounding.
      assertThat(state.steps().get(0).get("ratio_deviation_max")).isLessThan(BF16_ROUNDING);
      assertThat(state.steps().get(0).get("kl")).isLessThan(1e-4);
      assertThat(Safetensors.readCheckpoint(run.policies().directory(1)).get("model.norm.weight"))
          .extracting(TensorData::dtype)
          .isEqualTo("F32");
      digests.add(state.lineage().digest());
    }
    RunDirectory wide = startedRun("wide");
    update(spec(wide, 0, 0.1), plan(sampleAndCredit(wide, 0), 0));
    assertThat(digests.get(0))
        .isEqualTo(digests.get(1))
        .isNotEqualTo(wide.policies().find(1).orElseThrow().lineage().digest());
  }

  @Test
  void nextVersionIsTrainedFromTheCommittedCreditsAndCommitted() {
    RunDirectory run = startedRun("run");
    List<CreditedRollout> credits = sampleAndCredit(run, 0);
    Pipeline pipeline = Pipeline.create();

    PCollection<TrainingBatch> batches =
        pipeline
            .apply(Create.of(credits).withCoder(RowCoder.of(CreditedRollout.class)))
            .apply(formBatches());
    TrainingSpec spec = spec(run, 0, 0);
    score(spec);
    PCollection<PolicyVersion> next = apply(batches, spec);
    PAssert.that(batches).containsInAnyOrder(plan(credits, 0));
    PAssert.that(next)
        .satisfies(
            versions -> {
              PolicyVersion only = versions.iterator().next();
              assertThat(versions).hasSize(1);
              assertThat(only.getVersion()).isEqualTo("v00001");
              assertThat(only.getParent()).isEqualTo("v00000");
              assertThat(only.getOptimizerSteps()).isEqualTo(4);
              return null;
            });
    pipeline.run().waitUntilFinish();

    TrainerState state = run.policies().find(1).orElseThrow();
    assertThat(state.lineage().digest())
        .isNotEqualTo(run.policies().find(0).orElseThrow().lineage().digest());
    assertThat(state.steps()).hasSize(4);
    assertThat(state.steps().get(0).get("ratio_deviation_max")).isLessThan(1e-5);
    assertThat(state.steps().get(0).get("learning_rate")).isEqualTo(1e-3);
    assertThat(state.steps().get(3).get("ratio_deviation_max")).isGreaterThan(1e-4);
    assertThat(state.statistics().get("mismatch_max")).isLessThan(1e-4);
    assertThat(state.statistics().get("optimizer_steps")).isEqualTo(4);
    assertThat(state.statistics().get("ratio_deviation_max"))
        .isEqualTo(
            state.steps().stream()
                .mapToDouble(step -> step.get("ratio_deviation_max"))
                .max()
                .orElseThrow());
    assertThat(state.statistics().get("entropy"))
        .isCloseTo(
            state.steps().stream().mapToDouble(step -> step.get("entropy")).average().orElseThrow(),
            within(1e-12));
    assertThat(state.seconds()).containsOnlyKeys("load", "read", "update", "save");
    assertThat(run.policies().directory(1).resolve(Safetensors.INDEX_FILE))
        .content()
        .contains("\"model.norm.weight\" : \"model.safetensors\"")
        .doesNotContain("optimizer");
  }

  @Test
  void neitherTheRunnerNorTheBatchesOrderNorARepeatChangesThePolicy() {
    List<String> digests = new ArrayList<>();
    for (String name : List.of("one", "two")) {
      RunDirectory run = startedRun(name);
      List<TrainingBatch> batches = new ArrayList<>(plan(sampleAndCredit(run, 0), 0));
      if (name.equals("two")) {
        Collections.reverse(batches);
      }
      digests.add(update(spec(run, 0, 0), batches).getDigest());
    }

    assertThat(digests.get(1)).isEqualTo(digests.get(0));
  }

  @Test
  void committedVersionIsReturnedWithoutAnotherStep() throws IOException {
    RunDirectory run = startedRun("run");
    List<TrainingBatch> batches = plan(sampleAndCredit(run, 0), 0);
    PolicyVersion first = update(spec(run, 0, 0), batches);
    Path weights = run.policies().directory(1).resolve("model.safetensors");
    FileTime written = Files.getLastModifiedTime(weights);

    PolicyVersion again = update(spec(run, 0, 0), List.of());

    assertThat(again).isEqualTo(first);
    assertThat(Files.getLastModifiedTime(weights)).isEqualTo(written);
  }

  @Test
  void optimizerStateGoesOnFromVersionToVersion() throws IOException {
    RunDirectory run = startedRun("run");
    update(spec(run, 0, 0), plan(sampleAndCredit(run, 0), 0));
    List<TrainingBatch> second = plan(sampleAndCredit(run, 1), 1);

    PolicyVersion next = update(spec(run, 1, 0), second);

    assertThat(next.getOptimizerSteps()).isEqualTo(8);
    Files.delete(run.policies().directory(2).resolve(PolicyStore.optimizerFile()));
    List<TrainingBatch> third = plan(sampleAndCredit(run, 2), 2);
    assertThatThrownBy(() -> update(spec(run, 2, 0), third))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("retention.optimizer_states");
    assertThat(run.policies().find(3)).isEmpty();
  }

  @Test
  void whatWasKeptLearnsAsWhatIsLoadedAnew() {
    List<String> digests = new ArrayList<>();
    for (boolean loadedAnew : List.of(false, true)) {
      RunDirectory run = startedRun("anew-" + loadedAnew);
      for (int iteration = 0; iteration < 3; iteration++) {
        if (loadedAnew) {
          LoadedLearner.release();
        }
        update(spec(run, iteration, 0.1), plan(sampleAndCredit(run, iteration), iteration));
      }
      digests.add(run.policies().find(3).orElseThrow().lineage().digest());
    }
    assertThat(digests.get(1)).isEqualTo(digests.get(0));
  }

  @Test
  void aLearnerIsKeptForTheVersionThatItCommittedAlone() throws IOException {
    RunDirectory run = startedRun("run");
    update(spec(run, 0, 0.1), plan(sampleAndCredit(run, 0), 0));
    TrainerState version = run.policies().find(1).orElseThrow();
    LoadedLearner.release();
    LoadedLearner loaded = LoadedLearner.open(spec(run, 1, 0.1), version);
    loaded.keep(spec(run, 0, 0.1), version);
    assertThat(LoadedLearner.open(spec(run, 1, 0.1), version)).isSameAs(loaded);

    loaded.keep(spec(run, 0, 0.1), version);
    LoadedLearner ofOtherSettings = LoadedLearner.open(spec(run, 1, 0.2), version);
    assertThat(ofOtherSettings).isNotSameAs(loaded);

    ofOtherSettings.keep(spec(run, 0, 0.2), version);
    Path weights = run.policies().directory(1).resolve("model.safetensors");
    Files.write(weights, Files.readAllBytes(weights));
    LoadedLearner ofAnotherFile = LoadedLearner.open(spec(run, 1, 0.2), version);
    assertThat(ofAnotherFile).isNotSameAs(ofOtherSettings);
    ofAnotherFile.close();
  }

  @Test
  void nothingToTrainOnStillCommitsTheSameWeights() {
    RunDirectory run = startedRun("run");
    sampleAndCredit(run, 0);
    Pipeline pipeline = Pipeline.create();

    apply(
        pipeline.apply(Create.empty(RowCoder.of(CreditedRollout.class))).apply(formBatches()),
        spec(run, 0, 0));
    pipeline.run().waitUntilFinish();

    TrainerState state = run.policies().find(1).orElseThrow();
    assertThat(state.lineage().optimizerSteps()).isZero();
    // What was counted is 0. What was not measured is not there.
    assertThat(state.statistics()).isEqualTo(Map.of("tokens", 0.0, "optimizer_steps", 0.0));
    assertThat(state.klTokens()).isEmpty();
    assertThat(run.policies().directory(1).resolve("model.safetensors"))
        .hasSameBinaryContentAs(run.policies().directory(0).resolve("model.safetensors"));
  }

  @Test
  void referenceIsReadWhereTheKlTermCounts() {
    RunDirectory run = startedRun("run");

    update(spec(run, 0, 0.1), plan(sampleAndCredit(run, 0), 0));

    TrainerState state = run.policies().find(1).orElseThrow();
    List<Map<String, Double>> steps = state.steps();
    assertThat(steps.get(0).get("kl")).isBetween(-1e-6, 1e-6);
    assertThat(steps.get(3).get("kl")).isGreaterThan(1e-6);
    assertThat(state.statistics().get("kl_capped"))
        .isPositive()
        .isLessThan(state.statistics().get("kl_largest"));
  }

  @Test
  void withoutAKlTermThereIsNoDistanceFromTheReference() {
    RunDirectory run = startedRun("run");

    update(spec(run, 0, 0), plan(sampleAndCredit(run, 0), 0));

    TrainerState state = run.policies().find(1).orElseThrow();
    assertThat(state.statistics())
        .doesNotContainKeys("kl", "kl_capped", "kl_largest")
        .containsKeys("loss", "policy_loss", "entropy", "clip_fraction", "ratio_deviation_max");
    assertThat(state.steps()).hasSize(4).noneMatch(step -> step.containsKey("kl"));
    assertThat(state.klTokens()).isEmpty();
  }

  @Test
  void theTokenThatIsFurthestFromTheReferenceIsNamed() {
    RunDirectory run = startedRun("run");

    List<CreditedRollout> credits = sampleAndCredit(run, 0);
    update(spec(run, 0, 0.1), plan(credits, 0));

    TrainerState state = run.policies().find(1).orElseThrow();
    KlToken furthest = state.klTokens().get(0);
    assertThat(state.klTokens())
        .hasSize(5)
        .isSortedAccordingTo(Comparator.comparingDouble(KlToken::k3).reversed());
    assertThat(furthest.k3()).isEqualTo(state.statistics().get("kl_largest"));
    double difference = furthest.logReference() - furthest.logPolicy();
    assertThat(furthest.k3()).isCloseTo(Math.exp(difference) - difference - 1, within(1e-9));
    Rollout rollout =
        rows(run).stream()
            .filter(row -> row.getRolloutId().equals(furthest.rolloutId()))
            .findFirst()
            .orElseThrow();
    assertThat(rollout.getResponseTokenIds().get(furthest.position()))
        .isEqualTo(furthest.tokenId());
    assertThat(furthest.text()).isEqualTo("w" + furthest.tokenId());
    // In this run the start is the reference, and what sampled: in the first step nothing is far.
    assertThat(furthest.step()).isBetween(1, 3);
    assertThat((double) rollout.getBehaviourLogprobs().get(furthest.position()))
        .isCloseTo(furthest.logReference(), within(1e-4));
    assertThat(state.steps().get(furthest.step()).get("kl"))
        .isGreaterThanOrEqualTo(
            furthest.k3() / state.steps().get(furthest.step()).get("tokens") * 0.999);
  }

  @Test
  void anAdapterIsTrainedOverFrozenWeightsThatAreItsReference() throws IOException {
    RunDirectory run = startedRun("run");
    String base = run.policies().find(0).orElseThrow().lineage().digest();
    update(adapterSpec(run, 0), plan(sampleAndCredit(run, 0), 0));
    PolicyVersion second = update(adapterSpec(run, 1), plan(sampleAndCredit(run, 1), 1));

    assertThat(second.getOptimizerSteps()).isEqualTo(8);
    TrainerState first = run.policies().find(1).orElseThrow();
    assertThat(first.steps().get(0).get("kl")).isBetween(-1e-6, 1e-6);
    assertThat(first.steps().get(0).get("ratio_deviation_max")).isLessThan(1e-5);
    assertThat(first.steps().get(3).get("kl")).isGreaterThan(1e-6);
    assertThat(first.statistics().get("mismatch_max")).isLessThan(1e-4);
    assertThat(run.policies().find(2).orElseThrow().statistics().get("mismatch_max"))
        .isBetween(1e-9, 1e-4);
    for (int version = 1; version <= 2; version++) {
      Path directory = run.policies().directory(version);
      try (Stream<Path> files = Files.list(directory)) {
        assertThat(files.map(file -> file.getFileName().toString()))
            .containsExactlyInAnyOrder(
                "adapter_config.json",
                "adapter_model.safetensors",
                "optimizer.safetensors",
                "trainer_state.json");
      }
      assertThat(PeftConfig.read(directory)).isEqualTo(new PeftConfig("../v00000", LORA));
      assertThat(Safetensors.read(directory.resolve("optimizer.safetensors")))
          .hasSize(1 + 2 * 2 * 2 * 2);
    }
    assertThat(ModelDigest.of(run.policies().directory(0))).isEqualTo(base);
  }

  @Test
  void anAdapterOverABfloat16BaseBeginsOnPolicyAndStaysFloat32() {
    ComputeSettings compute = new ComputeSettings(Precision.BF16, true, 16);
    List<String> digests = new ArrayList<>();
    for (String name : List.of("one", "two")) {
      RunDirectory run = startedRun(name);
      for (int iteration = 0; iteration < 2; iteration++) {
        update(
            adapterSpec(run, iteration, compute), plan(sampleAndCredit(run, iteration), iteration));
      }
      TrainerState first = run.policies().find(1).orElseThrow();
      assertThat(first.steps().get(0).get("ratio_deviation_max")).isLessThan(BF16_ROUNDING);
      assertThat(first.steps().get(0).get("kl")).isLessThan(1e-4);
      assertThat(first.steps().get(3).get("kl")).isPositive();
      TrainerState second = run.policies().find(2).orElseThrow();
      assertThat(second.steps().get(0).get("ratio_deviation_max")).isLessThan(BF16_ROUNDING);
      assertThat(second.lineage().optimizerSteps()).isEqualTo(8);
      assertThat(
              Safetensors.read(run.policies().directory(2).resolve("adapter_model.safetensors"))
                  .values())
          .hasSize(2 * 2 * 2)
          .allMatch(tensor -> tensor.dtype().equals("F32"));
      digests.add(second.lineage().digest());
    }
    RunDirectory wide = startedRun("wide");
    for (int iteration = 0; iteration < 2; iteration++) {
      update(adapterSpec(wide, iteration), plan(sampleAndCredit(wide, iteration), iteration));
    }
    assertThat(digests.get(0))
        .isEqualTo(digests.get(1))
        .isNotEqualTo(wide.policies().find(2).orElseThrow().lineage().digest());
  }

  @Test
  void aRunWithAnAdapterMayMoveAsAWhole() throws IOException {
    RunDirectory stays = startedRun("stays");
    update(adapterSpec(stays, 0), plan(sampleAndCredit(stays, 0), 0));
    RunDirectory before = startedRun("before");
    update(adapterSpec(before, 0), plan(sampleAndCredit(before, 0), 0));
    Files.move(before.root(), directory.resolve("after"));
    RunDirectory after = RunDirectory.at(directory.resolve("after"));

    assertThat(update(adapterSpec(after, 1), plan(sampleAndCredit(after, 1), 1)))
        .isEqualTo(update(adapterSpec(stays, 1), plan(sampleAndCredit(stays, 1), 1)));
  }

  @Test
  void noRunStartsFromAnAdapter() {
    RunDirectory run = startedRun("run");
    update(adapterSpec(run, 0), plan(sampleAndCredit(run, 0), 0));
    RunDirectory other = RunDirectory.at(directory.resolve("other"));

    assertThatThrownBy(() -> StartingPolicy.commit(other.policies(), run.policies().directory(1)))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("is an adapter: make it a checkpoint first, with capoflow merge");
    assertThat(other.policies().versions()).isEmpty();
  }

  @Test
  void divergenceStopsTheRunAndNamesTheLastGoodVersion() throws IOException {
    RunDirectory run = startedRun("run");
    List<CreditedRollout> credits = sampleAndCredit(run, 0, rollout -> Double.NaN);
    List<TrainingBatch> batches = plan(credits, 0);

    assertThatThrownBy(() -> update(spec(run, 0, 0), batches))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("diverged in iteration 0")
        .hasMessageContaining(run.policies().directory(0).toString());
    assertThat(run.policies().versions()).containsExactly(0);
  }

  @Test
  void batchThatNamesAnUncommittedRolloutIsAFault() {
    RunDirectory run = startedRun("run");
    List<CreditedRollout> credits = sampleAndCredit(run, 0);
    TrainingBatch stranger =
        TrainingBatch.newBuilder(plan(credits, 0).get(0))
            .setRolloutIds(List.of("00000/nobody/000"))
            .build();

    assertThatThrownBy(() -> update(spec(run, 0, 0), List.of(stranger)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("nobody");
  }

  @Test
  void theUpdateWaitsForTheLogProbabilitiesThatItReads() {
    RunDirectory run = startedRun("run");
    TrainingSpec spec = spec(run, 0, 0.1);
    List<TrainingBatch> plan = plan(sampleAndCredit(run, 0), 0);
    Pipeline pipeline = Pipeline.create();

    // No arrow but its own leads from the rollouts to the update.
    PCollectionTuple.of(
            TrainPolicy.BATCHES,
            pipeline.apply(Create.of(plan).withCoder(RowCoder.of(TrainingBatch.class))))
        .and(
            TrainPolicy.LOG_PROBABILITIES,
            pipeline
                .apply("Rollouts", Create.of(rows(run)).withCoder(RowCoder.of(Rollout.class)))
                .apply(
                    ComputeLogProbabilities.of(scoring(spec))
                        .withShards(
                            ShardPlan.of(List.of("p0", "p1", "p2", "p3"), 2),
                            spec.logProbabilities())))
        .apply(trainPolicy(spec));
    pipeline.run().waitUntilFinish();

    assertThat(spec.logProbabilities().committed()).isEqualTo(2);
    TrainerState state = run.policies().find(1).orElseThrow();
    assertThat(state.steps()).hasSize(4);
    assertThat(state.steps().get(0).get("ratio_deviation_max")).isLessThan(1e-5);
  }

  @Test
  void anUpdateOfOneStepNeedsNoOldLogProbabilities() {
    RunDirectory run = startedRun("run");
    List<CreditedRollout> credits = sampleAndCredit(run, 0);
    List<TrainingBatch> oneStep =
        new BatchPlanner(new BatchSettings(1, 16, BatchSettings.ZeroSpread.KEEP))
            .plan(SEED, 0, credits.stream().map(RolloutReference::of).toList());

    new PolicyUpdate(spec(run, 0, 0)).run(oneStep);

    TrainerState state = run.policies().find(1).orElseThrow();
    assertThat(state.steps()).hasSize(1);
    assertThat(state.steps().get(0)).containsEntry("ratio_deviation_max", 0.0);
    // The sampler is compared with what the step itself saw.
    assertThat(state.statistics().get("mismatch_max")).isBetween(1e-9, 1e-4);
  }

  @Test
  void aCancelledUpdateCommitsNothingAndTheNextOneGoesOnAsIfNothingHadBeen() throws IOException {
    RunDirectory run = startedRun("cancelled");
    List<TrainingBatch> oneStep = plan(sampleAndCredit(run, 0), 0).subList(0, 1);
    LoadedLearner.release();
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> new PolicyUpdate(spec(run, 0, 0)).run(oneStep))
        .isInstanceOf(Cancelled.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(run.policies().folders()).containsExactly(0);
    try (Stream<Path> left = Files.list(run.policies().directory())) {
      assertThat(left.map(file -> file.getFileName().toString())).containsExactly("v00000");
    }

    String digest = new PolicyUpdate(spec(run, 0, 0)).run(oneStep).getDigest();

    RunDirectory undisturbed = startedRun("undisturbed");
    sampleAndCredit(undisturbed, 0);
    assertThat(new PolicyUpdate(spec(undisturbed, 0, 0)).run(oneStep).getDigest())
        .isEqualTo(digest);
  }

  @Test
  void anUpdateWithoutALogProbabilityThatItNeedsIsAFault() {
    RunDirectory run = startedRun("run");
    List<TrainingBatch> batches = plan(sampleAndCredit(run, 0), 0);
    String first = batches.get(0).getRolloutIds().get(0);

    assertThatThrownBy(() -> new PolicyUpdate(spec(run, 0, 0)).run(batches))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(first)
        .hasMessageContaining("no log-probabilities of the policy")
        .hasMessageContaining("logprobs");
    TrainingSpec withoutReference = spec(run, 0, 0);
    score(withoutReference);
    assertThatThrownBy(() -> new PolicyUpdate(spec(run, 0, 0.1)).run(batches))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(first)
        .hasMessageContaining("no log-probabilities of the reference");
    assertThat(run.policies().versions()).containsExactly(0);
  }

  private static List<Rollout> rows(RunDirectory run) {
    return rows(run.shards(0, Stage.ROLLOUTS));
  }

  private static List<Rollout> rows(ShardStore<Rollout> shards) {
    return shards.commits().stream().flatMap(commit -> shards.read(commit).stream()).toList();
  }

  /** An update on log-probabilities that are committed before. */
  private static PolicyVersion update(TrainingSpec spec, List<TrainingBatch> batches) {
    score(spec);
    return new PolicyUpdate(spec).run(batches);
  }

  private static void score(TrainingSpec spec) {
    ScoredShard.commit(scoring(spec), rows(spec.rollouts()), spec.logProbabilities());
  }

  private static ScoringSpec scoring(TrainingSpec spec) {
    TrainingSettings settings = spec.settings();
    return new ScoringSpec(
        new ScoredModels(
            version(spec, spec.iteration()),
            version(spec, 0),
            version(spec, 0),
            settings.lora(),
            spec.seed()),
        settings.objective().klCoefficient() > 0 ? Asked.BOTH : Asked.OLD,
        new ScoringSettings(
            settings.device(),
            settings.torch(),
            settings.objective().temperature(),
            settings.layout(),
            settings.compute(),
            GradientParts.SLOTS));
  }

  private static ScoredModel version(TrainingSpec spec, int version) {
    return new ScoredModel(
        spec.policies().directory(version).toString(),
        spec.policies().find(version).orElseThrow().lineage().digest());
  }

  private static PCollection<PolicyVersion> apply(
      PCollection<TrainingBatch> batches, TrainingSpec spec) {
    return PCollectionTuple.of(TrainPolicy.BATCHES, batches).apply(trainPolicy(spec));
  }

  private RunDirectory startedRun(String name) {
    RunDirectory run = RunDirectory.at(directory.resolve(name));
    StartingPolicy.commit(run.policies(), start);
    return run;
  }

  private static TrainingSpec spec(RunDirectory run, int iteration, double klCoefficient) {
    return spec(run, iteration, klCoefficient, ComputeSettings.STANDARD);
  }

  private static TrainingSpec spec(
      RunDirectory run, int iteration, double klCoefficient, ComputeSettings compute) {
    return spec(
        run,
        iteration,
        new TrainingSettings(
            "cpu",
            TorchSettings.ofThreads(1),
            ObjectiveSettings.standard(klCoefficient, 1),
            new AdamWSettings(0.9, 0.95, 1e-8, 0, 1),
            Layout.PADDED,
            compute,
            PARTS,
            LearningRateSchedule.constant(1e-3),
            LoraSettings.NONE));
  }

  private static TrainingSpec spec(RunDirectory run, int iteration, TrainingSettings settings) {
    return new TrainingSpec(
        run.policies(),
        run.shards(iteration, Stage.ROLLOUTS),
        run.shards(iteration, Stage.CREDITS),
        run.shards(iteration, Stage.LOG_PROBABILITIES),
        settings,
        SEED,
        iteration);
  }

  private static FormBatches formBatches() {
    return FormBatches.ofRollouts(BATCHES.miniBatchRollouts())
        .withEpochs(BATCHES.epochs())
        .withZeroSpread(BATCHES.zeroSpread())
        .withSeed(SEED)
        .withIteration(0);
  }

  private static TrainPolicy trainPolicy(TrainingSpec spec) {
    return TrainPolicy.from(spec.policies())
        .withRollouts(spec.rollouts())
        .withCredits(spec.credits())
        .withLogProbabilities(spec.logProbabilities())
        .withSettings(spec.settings())
        .withSeed(spec.seed())
        .withIteration(spec.iteration());
  }

  /** Holds on to the run's own start. */
  private static TrainingSpec adapterSpec(RunDirectory run, int iteration) {
    return adapterSpec(run, iteration, ComputeSettings.STANDARD);
  }

  private static TrainingSpec adapterSpec(
      RunDirectory run, int iteration, ComputeSettings compute) {
    TrainingSettings full = spec(run, iteration, 0.1).settings();
    return spec(
        run,
        iteration,
        new TrainingSettings(
            full.device(),
            full.torch(),
            full.objective(),
            full.optimizer(),
            full.layout(),
            compute,
            PARTS,
            LearningRateSchedule.constant(1e-2),
            LORA));
  }

  private static List<TrainingBatch> plan(List<CreditedRollout> credits, int iteration) {
    return new BatchPlanner(BATCHES)
        .plan(SEED, iteration, credits.stream().map(RolloutReference::of).toList());
  }

  private static List<CreditedRollout> sampleAndCredit(RunDirectory run, int iteration) {
    return sampleAndCredit(run, iteration, rollout -> rollout.getSampleIndex() % 2 == 0 ? 1 : -1);
  }

  private static List<CreditedRollout> sampleAndCredit(
      RunDirectory run, int iteration, ToDoubleFunction<Rollout> advantage) {
    List<Rollout> rollouts = sample(run, iteration);
    run.shards(iteration, Stage.ROLLOUTS).commit(0, Digests.ofParts("rollouts"), rollouts);
    List<CreditedRollout> credits =
        rollouts.stream()
            .map(rollout -> credited(rollout, advantage.applyAsDouble(rollout)))
            .toList();
    run.shards(iteration, Stage.CREDITS).commit(0, Digests.ofParts("credits"), credits);
    return credits;
  }

  private static List<Rollout> sample(RunDirectory run, int iteration) {
    PolicyVersion version = run.policies().version(iteration).orElseThrow();
    PolicySpec spec =
        PolicySpec.of(
            run.policies().directory(iteration), version.getVersion(), version.getDigest(), "cpu");
    List<Problem> problems =
        IntStream.range(0, 4)
            .mapToObj(
                index ->
                    Problem.newBuilder()
                        .setProblemId("p" + index)
                        .setPrompt(List.of(new Message("user", "w" + (5 + index) + " w6 w7")))
                        .setAnswer("w9")
                        .setSource("test")
                        .build())
            .toList();
    try (Policy policy = spec.open()) {
      return policy.sample(
          problems,
          new SampleRequest(
              "run",
              iteration,
              version.getVersion(),
              4,
              new SamplingParameters(1, 1, 12),
              16,
              SEED));
    }
  }

  private static CreditedRollout credited(Rollout rollout, double advantage) {
    int tokens = rollout.getResponseTokenIds().size();
    return CreditedRollout.newBuilder()
        .setIteration(rollout.getIteration())
        .setProblemId(rollout.getProblem().getProblemId())
        .setSampleIndex(rollout.getSampleIndex())
        .setRolloutId(
            Keys.rolloutId(
                rollout.getIteration(),
                rollout.getProblem().getProblemId(),
                rollout.getSampleIndex()))
        .setPromptTokens(rollout.getPromptTokenIds().size())
        .setResponseTokens(tokens)
        .setFinishReason(rollout.getFinishReason())
        .setOutcome(advantage > 0 ? 1 : 0)
        .setRewards(Collections.nCopies(tokens, advantage))
        .setAdvantages(
            IntStream.range(0, tokens)
                .mapToObj(
                    t -> advantage * (0.5 + Draws.uniform(Draws.key(rollout.getRolloutId()), t)))
                .toList())
        .setInLoss(true)
        .setScheme("test")
        .setGroupSize(4)
        .setGroupMean(0)
        .setGroupStd(1)
        .setZeroSpread(false)
        .build();
  }
}
