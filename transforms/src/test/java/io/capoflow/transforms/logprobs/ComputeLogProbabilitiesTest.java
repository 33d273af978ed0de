package io.capoflow.transforms.logprobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.learning.AdamWSettings;
import io.capoflow.models.learning.ComputeSettings;
import io.capoflow.models.learning.Layout;
import io.capoflow.models.learning.ObjectiveSettings;
import io.capoflow.models.learning.PolicyLearner;
import io.capoflow.models.learning.ResponseScoring;
import io.capoflow.models.learning.TrainingSequence;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.scoring.ScoredModel;
import io.capoflow.models.scoring.ScoredModels;
import io.capoflow.models.scoring.ScoringSettings;
import io.capoflow.models.scoring.ScoringSpec;
import io.capoflow.models.scoring.ScoringSpec.Asked;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.TorchSettings;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.ResponseLogProbabilities;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.Rows;
import io.capoflow.transforms.storage.RowCoder;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardPlan;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.storage.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.PCollection;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stage with real, tiny models. */
class ComputeLogProbabilitiesTest {
  private static final LoraSettings LORA =
      LoraSettings.of(4, 8, List.of(LoraTarget.Q_PROJ, LoraTarget.DOWN_PROJ));
  private static final long SEED = 5;

  @TempDir static Path shared;
  private static ScoredModel start;
  private static ScoredModel other;

  @TempDir Path directory;

  @BeforeAll
  static void makeModels() throws IOException {
    start = model("start", 1);
    other = model("other", 2);
  }

  private static ScoredModel model(String name, long seed) throws IOException {
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
    Path directory = Files.createDirectories(shared.resolve(name));
    try (CausalLm model = ModelLoader.initialise(config, tokenizer, seed, "cpu")) {
      model.save(directory);
      return new ScoredModel(directory.toString(), model.digest());
    }
  }

  @Test
  void everyRolloutGetsWhatTrainingsForwardPassSaysOfItsShard() {
    List<Rollout> rollouts = rollouts(4);
    ShardPlan plan = ShardPlan.of(List.of("p0", "p1", "p2", "p3"), 2);
    ShardStore<ResponseLogProbabilities> store =
        RunDirectory.at(directory).shards(0, Stage.LOG_PROBABILITIES);
    ScoringSpec spec = spec(other, start, Asked.BOTH);
    List<ResponseLogProbabilities> expected = new ArrayList<>();
    for (List<Rollout> shard : List.of(rollouts.subList(0, 6), rollouts.subList(6, 12))) {
      float[][] old = scores(other, shard, spec.settings());
      float[][] reference = scores(start, shard, spec.settings());
      for (int i = 0; i < shard.size(); i++) {
        expected.add(row(shard.get(i), Optional.of(old[i]), Optional.of(reference[i])));
      }
    }
    List<Rollout> shuffled = new ArrayList<>(rollouts);
    Collections.reverse(shuffled);
    Pipeline pipeline = Pipeline.create();

    PCollection<ResponseLogProbabilities> rows =
        pipeline
            .apply(Create.of(shuffled).withCoder(RowCoder.of(Rollout.class)))
            .apply(ComputeLogProbabilities.of(spec).withShards(plan, store));
    PAssert.that(rows).containsInAnyOrder(expected);
    pipeline.run().waitUntilFinish();

    assertThat(store.commits().stream().flatMap(commit -> store.read(commit).stream()))
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void whoIsNotAskedSaysNothing() {
    List<Rollout> shard = rollouts(2);
    List<ResponseLogProbabilities> both = ScoredShard.rows(spec(other, start, Asked.BOTH), shard);
    List<ResponseLogProbabilities> old = ScoredShard.rows(spec(other, start, Asked.OLD), shard);
    List<ResponseLogProbabilities> reference =
        ScoredShard.rows(spec(other, start, Asked.REFERENCE), shard);

    for (int i = 0; i < shard.size(); i++) {
      assertThat(old.get(i).getOldLogprobs()).isEqualTo(both.get(i).getOldLogprobs()).isNotNull();
      assertThat(old.get(i).getReferenceLogprobs()).isNull();
      assertThat(reference.get(i).getOldLogprobs()).isNull();
      assertThat(reference.get(i).getReferenceLogprobs())
          .isEqualTo(both.get(i).getReferenceLogprobs())
          .isNotNull();
    }
  }

  @Test
  void aPolicyThatIsItsReferenceSaysTheSameTwice() {
    List<Rollout> shard = rollouts(2);

    assertThat(ScoredShard.rows(spec(start, start, Asked.BOTH), shard))
        .allSatisfy(
            row ->
                assertThat(row.getOldLogprobs()).isEqualTo(row.getReferenceLogprobs()).isNotNull());
  }

  @Test
  void theMemoKeyHoldsAllThatChangesABitAndNothingElse() {
    List<Rollout> shard = rollouts(2);
    ScoringSpec spec = spec(other, start, Asked.BOTH);
    ScoringSettings settings = spec.settings();
    List<Rollout> reversed = new ArrayList<>(shard);
    Collections.reverse(reversed);
    List<String> others =
        List.of(
            key(spec(start, start, Asked.BOTH), shard),
            key(spec(other, other, Asked.BOTH), shard),
            key(spec(other, start, Asked.OLD), shard),
            key(spec(other, start, Asked.REFERENCE), shard),
            key(adapted(other, start, SEED, ComputeSettings.STANDARD), shard),
            key(adapted(start, start, SEED, ComputeSettings.STANDARD), shard),
            key(adapted(start, start, SEED + 1, ComputeSettings.STANDARD), shard),
            key(with(spec, 0.7, settings.layout(), settings.compute(), 100), shard),
            key(with(spec, 1, Layout.PACKED, settings.compute(), 100), shard),
            key(
                with(
                    spec,
                    1,
                    settings.layout(),
                    new ComputeSettings(Precision.BF16, false, 1024),
                    100),
                shard),
            key(
                with(spec, 1, settings.layout(), new ComputeSettings(Precision.F32, false, 7), 100),
                shard),
            key(with(spec, 1, settings.layout(), settings.compute(), 99), shard),
            key(spec, shard.subList(0, 3)),
            key(spec, reversed));
    Set<String> different = new HashSet<>(others);
    different.add(key(spec, shard));

    // A trained adapter is known by its version's digest: the seed drew another one.
    assertThat(others.get(4)).isEqualTo(key(spec, shard));
    assertThat(different).hasSize(others.size());
    assertThat(key(new ScoringSpec(spec.models(), spec.asked(), settings), shard))
        .isEqualTo(key(spec, shard));
    assertThat(
            key(
                with(
                    spec,
                    1,
                    settings.layout(),
                    new ComputeSettings(Precision.F32, true, 1024),
                    100),
                shard))
        .isEqualTo(key(spec, shard));
  }

  @Test
  void anAdaptersPolicyIsComputedAsItsLearnerHoldsIt() {
    for (Precision precision : Precision.values()) {
      ComputeSettings compute = new ComputeSettings(precision, false, 16);
      Path trained = directory.resolve("trained-" + precision);
      List<Rollout> shard = rollouts(3);
      List<TrainingSequence> sequences = sequences(shard);
      Loading loading =
          Loading.forTraining(Path.of(start.directory()), "cpu")
              .withAdapter(LORA, SEED)
              .in(precision);
      try (CausalLm policy = ModelLoader.load(loading);
          CausalLm base = policy.base()) {
        ScoringSpec fresh = adapted(start, start, SEED, compute);
        assertThat(ScoredShard.rows(fresh, shard))
            .isEqualTo(
                rows(
                    shard,
                    scoring(policy, fresh.settings()).logProbabilities(sequences, 100),
                    scoring(base, fresh.settings()).logProbabilities(sequences, 100)));
        train(policy, sequences);
        policy.save(trained);
        ScoringSpec after =
            adapted(new ScoredModel(trained.toString(), policy.digest()), start, SEED, compute);
        List<ResponseLogProbabilities> found = ScoredShard.rows(after, shard);
        assertThat(found)
            .isEqualTo(
                rows(
                    shard,
                    scoring(policy, after.settings()).logProbabilities(sequences, 100),
                    scoring(base, after.settings()).logProbabilities(sequences, 100)));
        assertThat(found)
            .filteredOn(row -> !row.getOldLogprobs().isEmpty())
            .hasSize(shard.size() - 1)
            .allSatisfy(
                row -> assertThat(row.getOldLogprobs()).isNotEqualTo(row.getReferenceLogprobs()));
      }
    }
  }

  @Test
  void narrowWeightsAreNarrowedOnceAndTheSame() {
    ComputeSettings compute = new ComputeSettings(Precision.BF16, false, 16);
    List<Rollout> shard = rollouts(3);
    ScoringSpec spec = with(spec(other, start, Asked.OLD), 1, Layout.PADDED, compute, 100);

    // The learner's weights are wide, and each of its passes narrows them.
    try (CausalLm learner =
        ModelLoader.load(
            Loading.forTraining(Path.of(other.directory()), "cpu").in(Precision.BF16))) {
      float[][] expected =
          scoring(learner, spec.settings()).logProbabilities(sequences(shard), 100);
      List<ResponseLogProbabilities> rows = ScoredShard.rows(spec, shard);
      for (int i = 0; i < shard.size(); i++) {
        assertThat(rows.get(i))
            .isEqualTo(row(shard.get(i), Optional.of(expected[i]), Optional.empty()));
      }
    }
  }

  private static void train(CausalLm policy, List<TrainingSequence> sequences) {
    try (PolicyLearner learner =
        new PolicyLearner(
            policy,
            Optional.empty(),
            ObjectiveSettings.standard(0, 1),
            new AdamWSettings(0.9, 0.95, 1e-8, 0, 1),
            Layout.PADDED,
            Optional.empty())) {
      for (int step = 0; step < 2; step++) {
        learner.accumulate(
            sequences, learner.logProbabilities(sequences), new float[0][], sequences.size());
        learner.apply(1e-2);
      }
    }
  }

  private static String key(ScoringSpec spec, List<Rollout> shard) {
    return new RolloutScoring(spec).memoKey(shard);
  }

  private static ScoringSpec spec(ScoredModel policy, ScoredModel reference, Asked asked) {
    return new ScoringSpec(
        new ScoredModels(policy, start, reference, LoraSettings.NONE, SEED),
        asked,
        settings(1, Layout.PADDED, ComputeSettings.STANDARD, 100));
  }

  private static ScoringSpec adapted(
      ScoredModel policy, ScoredModel reference, long seed, ComputeSettings compute) {
    return new ScoringSpec(
        new ScoredModels(policy, start, reference, LORA, seed),
        Asked.BOTH,
        settings(1, Layout.PADDED, compute, 100));
  }

  private static ScoringSpec with(
      ScoringSpec spec, double temperature, Layout layout, ComputeSettings compute, int part) {
    return new ScoringSpec(
        spec.models(), spec.asked(), settings(temperature, layout, compute, part));
  }

  private static ScoringSettings settings(
      double temperature, Layout layout, ComputeSettings compute, int part) {
    return new ScoringSettings(
        "cpu", TorchSettings.ofThreads(1), temperature, layout, compute, part);
  }

  private static ResponseScoring scoring(CausalLm model, ScoringSettings settings) {
    return new ResponseScoring(
        model, settings.temperature(), settings.layout(), settings.compute());
  }

  private static float[][] scores(
      ScoredModel model, List<Rollout> shard, ScoringSettings settings) {
    try (CausalLm opened = ModelLoader.load(Loading.forUse(Path.of(model.directory()), "cpu"))) {
      return scoring(opened, settings).logProbabilities(sequences(shard), settings.partTokens());
    }
  }

  private static List<TrainingSequence> sequences(List<Rollout> rollouts) {
    return rollouts.stream()
        .map(
            rollout -> {
              int[] response = ids(rollout.getResponseTokenIds());
              float[] advantages = new float[response.length];
              Arrays.fill(advantages, rollout.getSampleIndex() % 2 == 0 ? 1 : -1);
              return new TrainingSequence(ids(rollout.getPromptTokenIds()), response, advantages);
            })
        .toList();
  }

  private static int[] ids(List<Integer> ids) {
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Three rollouts of each problem, of ragged lengths, one of them without a token. */
  private static List<Rollout> rollouts(int problems) {
    List<Rollout> rollouts = new ArrayList<>();
    for (int problem = 0; problem < problems; problem++) {
      for (int sample = 0; sample < 3; sample++) {
        int n = problem * 3 + sample;
        int tokens = n == 4 ? 0 : 3 + (n * 7) % 11;
        Rollout row = Rows.rollout(0, "p" + problem, sample, "w5");
        Rollout rollout =
            Rollout.newBuilder()
                .setRunId(row.getRunId())
                .setIteration(row.getIteration())
                .setProblem(row.getProblem())
                .setSampleIndex(row.getSampleIndex())
                .setRolloutId(row.getRolloutId())
                .setPromptTokenIds(List.of(5 + problem, 6, 7))
                .setResponseTokenIds(
                    IntStream.range(0, tokens)
                        .mapToObj(t -> (int) Math.floorMod(Draws.bits(Draws.key("t", n), t), 24L))
                        .toList())
                .setResponse(row.getResponse())
                .setTokenEnds(row.getTokenEnds())
                .setBehaviourLogprobs(Collections.nCopies(tokens, -1f))
                .setFinishReason(row.getFinishReason())
                .setPolicyVersion(row.getPolicyVersion())
                .setTemperature(row.getTemperature())
                .setTopP(row.getTopP())
                .setMaxNewTokens(row.getMaxNewTokens())
                .setSeed(row.getSeed())
                .build();
        rollouts.add(rollout);
      }
    }
    return rollouts;
  }

  private static List<ResponseLogProbabilities> rows(
      List<Rollout> shard, float[][] old, float[][] reference) {
    return IntStream.range(0, shard.size())
        .mapToObj(i -> row(shard.get(i), Optional.of(old[i]), Optional.of(reference[i])))
        .toList();
  }

  private static ResponseLogProbabilities row(
      Rollout rollout, Optional<float[]> old, Optional<float[]> reference) {
    return ResponseLogProbabilities.newBuilder()
        .setIteration(rollout.getIteration())
        .setProblemId(rollout.getProblem().getProblemId())
        .setSampleIndex(rollout.getSampleIndex())
        .setRolloutId(rollout.getRolloutId())
        .setPolicyVersion(rollout.getPolicyVersion())
        .setOldLogprobs(old.map(ComputeLogProbabilitiesTest::boxed).orElse(null))
        .setReferenceLogprobs(reference.map(ComputeLogProbabilitiesTest::boxed).orElse(null))
        .build();
  }

  private static List<Float> boxed(float[] values) {
    List<Float> boxed = new ArrayList<>();
    for (float value : values) {
      boxed.add(value);
    }
    return boxed;
  }
}
