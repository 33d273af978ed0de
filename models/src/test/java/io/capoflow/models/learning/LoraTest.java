package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.AdapterMerge;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.FullForward;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.generation.Generated;
import io.capoflow.models.generation.GenerationRequest;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.lora.PeftConfig;
import io.capoflow.models.tensor.ScalarType;
import io.capoflow.models.tensor.TensorDigest;
import io.capoflow.models.tensor.TestDevice;
import java.net.URISyntaxException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Adapters against an independent PyTorch implementation: the fixtures, one of each family, are
 * what {@code src/test/python/lora_fixture.py} wrote.
 */
class LoraTest {
  private static final LoraSettings LORA = LoraSettings.of(4, 8, LoraTarget.all());

  /** As that of the models without adapters, which are float32 here and float64 there, too. */
  private static final float TOLERANCE = 1e-4f;

  private static final ObjectiveSettings KL = ObjectiveSettings.standard(0.05, 0.8);

  @TempDir Path directory;

  /** Adapters by family; those of query, value and down alone have a plain scale, all others. */
  private static final List<String> ADAPTERS =
      List.of("llama/some", "llama/all", "qwen2/some", "qwen2/all", "qwen3/some", "qwen3/all");

  static Stream<Arguments> adaptersAndLayouts() {
    return ADAPTERS.stream()
        .flatMap(adapter -> Stream.of(Layout.values()).map(layout -> arguments(adapter, layout)));
  }

  /** Of Llama's, which is the nearest, a tenth. */
  private static float tolerance(String adapter) {
    return adapter.startsWith("llama") ? TOLERANCE / 10 : TOLERANCE;
  }

  static List<String> adapters() {
    return ADAPTERS;
  }

  @ParameterizedTest
  @MethodSource("adapters")
  void logitsAreThoseOfPyTorch(String adapter) {
    LoraSettings lora = PeftConfig.read(fixture(adapter)).settings();
    try (CausalLm model = ModelLoader.load(Loading.forTraining(fixture(adapter), TestDevice.NAME));
        FullForward forward = new FullForward(model, lora)) {
      assertThat(model.hasAdapter()).isTrue();
      assertLogits(forward, adapter);
    }
  }

  @ParameterizedTest
  @MethodSource("adaptersAndLayouts")
  void logProbabilitiesAndGradientsAreThoseOfPyTorch(String adapter, Layout layout) {
    SortedMap<String, TensorData> expected =
        Safetensors.read(fixture(adapter + "-expected.safetensors"));
    List<TrainingSequence> sequences = fixtureSequences();
    try (CausalLm model = ModelLoader.load(Loading.forTraining(fixture(adapter), TestDevice.NAME));
        PolicyLearner learner = learner(model, Optional.empty(), 0, layout)) {
      assertThat(LogDistributions.of(model, sequences, layout))
          .containsExactly(floats(expected.get("log_distribution")), within(tolerance(adapter)));
      float[][] own = learner.logProbabilities(sequences);
      assertThat(concatenated(own))
          .containsExactly(floats(expected.get("log_probabilities")), within(tolerance(adapter)));

      learner.accumulate(sequences, own, new float[0][], 2);
      SortedMap<String, TensorData> gradients = learner.optimizer().gradients().data();
      assertThat(gradients.keySet())
          .hasSize(expected.size() - 3)
          .allMatch(name -> expected.containsKey("gradient." + name));
      gradients.forEach(
          (name, gradient) ->
              assertThat(floats(gradient))
                  .as(name)
                  .containsExactly(
                      floats(expected.get("gradient." + name)), within(tolerance(adapter))));
    }
  }

  @ParameterizedTest
  @MethodSource("adapters")
  void anAdapterThatIsLoadedForUseIsMergedAndGivesTheSameLogits(String adapter) {
    try (CausalLm model = ModelLoader.load(Loading.forUse(fixture(adapter), TestDevice.NAME));
        FullForward forward = new FullForward(model)) {
      assertThat(model.trainable().names()).contains("model.embed_tokens.weight");
      assertLogits(forward, adapter);
    }
  }

  @ParameterizedTest
  @MethodSource("adapters")
  void aMergedCheckpointGivesTheSameLogitsAndKeepsAllElse(String adapter) {
    Path merged = directory.resolve("merged");
    AdapterMerge.Result result =
        AdapterMerge.write(ModelDirectory.of(fixture(adapter)), merged, Optional.empty());
    assertThat(result.matrices()).isEqualTo(2 * (adapter.endsWith("all") ? 7 : 3));

    SortedMap<String, TensorData> base =
        Safetensors.readCheckpoint(ModelDirectory.of(fixture(adapter)).base());
    SortedMap<String, TensorData> weights = Safetensors.readCheckpoint(merged);
    assertThat(weights.keySet()).isEqualTo(base.keySet());
    long changed =
        base.keySet().stream()
            .filter(name -> !weights.get(name).bytes().equals(base.get(name).bytes()))
            .peek(name -> assertThat(name).matches("model\\.layers\\..*_proj\\.weight"))
            .count();
    assertThat(changed).isEqualTo(result.matrices());
    try (CausalLm model = ModelLoader.load(Loading.forTraining(merged, TestDevice.NAME));
        FullForward forward = new FullForward(model)) {
      assertThat(model.hasAdapter()).isFalse();
      assertLogits(forward, adapter);
    }
  }

  @Test
  void onlyTheAdapterChanges() {
    Path base = TinyModels.write(directory.resolve("base"), TinyModels.config(), 1, "F32");
    try (CausalLm model = fresh(base, LORA);
        CausalLm reference = model.base();
        PolicyLearner learner = learner(model, Optional.of(reference), 0.05, Layout.PADDED)) {
      String frozen = TensorDigest.of(model.tensors());
      SortedMap<String, TensorData> adapter = model.trainable().data();
      Samples.train(learner, 0, 3);

      assertThat(TensorDigest.of(model.tensors())).isEqualTo(frozen);
      SortedMap<String, TensorData> trained = model.trainable().data();
      assertThat(trained.keySet()).isEqualTo(adapter.keySet()).hasSize(2 * 2 * 7);
      adapter.forEach(
          (name, before) ->
              assertThat(floats(trained.get(name))).as(name).isNotEqualTo(floats(before)));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFreshAdapterIsItsOwnReference(Layout layout) {
    Path base = TinyModels.write(directory.resolve("base"), TinyModels.config(), 1, "F32");
    List<TrainingSequence> batch = Samples.sequences(1);
    try (CausalLm model = fresh(base, LORA);
        CausalLm reference = model.base();
        PolicyLearner learner = learner(model, Optional.of(reference), 0.05, layout)) {
      float[][] old = learner.logProbabilities(batch);
      float[][] kl = learner.referenceLogProbabilities(batch);
      assertThat(kl).isDeepEqualTo(old);
      learner.accumulate(batch, old, kl, 5);
      UpdateStatistics first = learner.apply(1e-2);
      assertThat(first.klToReference().orElseThrow()).isZero();
      assertThat(first.largestRatioDeviation().orElseThrow()).isZero();

      assertThat(learner.logProbabilities(batch)).isNotEqualTo(old);
      assertThat(learner.referenceLogProbabilities(batch)).isDeepEqualTo(kl);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"F32", "BF16"})
  void resumingFromFilesContinuesBitForBit(String dtype) {
    Path base = TinyModels.write(directory.resolve("base"), TinyModels.config(), 1, dtype);
    String undisturbed;
    try (CausalLm model = fresh(base, LORA);
        CausalLm reference = model.base();
        PolicyLearner learner = learner(model, Optional.of(reference), 0.05, Layout.PADDED)) {
      Samples.train(learner, 0, 6);
      undisturbed = learner.digest();
    }
    Path saved = directory.resolve("saved");
    try (CausalLm model = fresh(base, LORA);
        CausalLm reference = model.base();
        PolicyLearner learner = learner(model, Optional.of(reference), 0.05, Layout.PADDED)) {
      Samples.train(learner, 0, 3);
      model.save(saved);
      Safetensors.write(
          saved.resolve("optimizer.safetensors"), learner.optimizerState().tensors(), Map.of());
      assertThat(learner.digest()).isNotEqualTo(undisturbed);
    }
    OptimizerState state =
        new OptimizerState(Safetensors.read(saved.resolve("optimizer.safetensors")));
    assertThat(state.tensors()).hasSize(1 + 2 * 2 * 2 * 7);
    try (CausalLm model =
            ModelLoader.load(Loading.forTraining(saved, TestDevice.NAME).withAdapter(LORA, 99));
        CausalLm reference = model.base();
        PolicyLearner learner =
            new PolicyLearner(
                model,
                Optional.of(reference),
                KL,
                Samples.ADAMW,
                Layout.PADDED,
                Optional.of(state))) {
      Samples.train(learner, 3, 6);
      assertThat(learner.digest()).isEqualTo(undisturbed);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void aBaseInHalfPrecisionIsTrainedOnAsItIs(ScalarType dtype) {
    Path base = directory.resolve("half");
    AdapterMerge.write(ModelDirectory.of(fixture("llama/some")), base, Optional.of(dtype));
    List<TrainingSequence> sequences = fixtureSequences();
    try (CausalLm model = fresh(base, LORA);
        CausalLm reference = model.base();
        PolicyLearner learner = learner(model, Optional.of(reference), 0.05, Layout.PADDED)) {
      String frozen = TensorDigest.of(model.tensors());
      float[][] before = learner.logProbabilities(sequences);
      assertThat(learner.referenceLogProbabilities(sequences)).isDeepEqualTo(before);
      for (int step = 0; step < 10; step++) {
        float[][] old = learner.logProbabilities(sequences);
        learner.accumulate(sequences, old, before, 2);
        learner.apply(1e-2);
      }
      assertThat(TensorDigest.of(model.tensors())).isEqualTo(frozen);
      assertThat(model.tensors().values()).allMatch(tensor -> tensor.dtype().equals(dtype.name()));
      // All of the second response's advantages are positive.
      float[][] after = learner.logProbabilities(sequences);
      double gain = 0;
      for (int t = 0; t < after[1].length; t++) {
        gain += after[1][t] - before[1][t];
      }
      assertThat(gain).isGreaterThan(0.1);
    }
  }

  @Test
  void theSamplersLogProbabilitiesAreTheLearners() {
    Path base = TinyModels.write(directory.resolve("base"), TinyModels.config(), 1, "F32");
    Path saved = directory.resolve("saved");
    List<TrainingSequence> sampled = new ArrayList<>();
    List<float[]> sampler = new ArrayList<>();
    try (CausalLm model = fresh(base, LORA);
        PolicyLearner learner = learner(model, Optional.empty(), 0, Layout.PADDED)) {
      for (int step = 0; step < 5; step++) {
        List<TrainingSequence> batch = Samples.sequences(step);
        learner.accumulate(batch, learner.logProbabilities(batch), new float[0][], 5);
        learner.apply(1e-2);
      }
      model.save(saved);
      try (CausalLm use = ModelLoader.load(Loading.forUse(saved, TestDevice.NAME))) {
        List<GenerationRequest> requests =
            List.of(
                new GenerationRequest(new int[] {3, 9}, new long[] {1, 2, 3, 4}),
                new GenerationRequest(new int[] {7, 11, 4, 5, 6}, new long[] {5, 6, 7, 8}));
        List<List<Generated>> generated =
            use.generate(requests, new SamplingParameters(0.8, 0.9, 24));
        for (int i = 0; i < requests.size(); i++) {
          for (Generated one : generated.get(i)) {
            int[] response = one.tokenIds();
            sampled.add(
                new TrainingSequence(
                    requests.get(i).promptTokenIds(), response, new float[response.length]));
            sampler.add(one.logProbabilities());
          }
        }
      }
      float[][] own = learner.logProbabilities(sampled);
      for (int i = 0; i < own.length; i++) {
        assertThat(own[i]).containsExactly(sampler.get(i), within(1e-4f));
      }
    }
  }

  /** At every position of the fixture's sequences, prompts included. */
  private static void assertLogits(FullForward forward, String adapter) {
    float[][] logits =
        fixtureSequences().stream()
            .map(
                sequence ->
                    IntStream.concat(
                            Arrays.stream(sequence.promptTokenIds()),
                            Arrays.stream(sequence.responseTokenIds()))
                        .toArray())
            .map(ids -> forward.logits(new int[][] {ids}))
            .toArray(float[][]::new);
    assertThat(concatenated(logits))
        .containsExactly(
            floats(Safetensors.read(fixture(adapter + "-expected.safetensors")).get("logits")),
            within(TOLERANCE));
  }

  private static float[] concatenated(float[][] rows) {
    float[] all = new float[Arrays.stream(rows).mapToInt(row -> row.length).sum()];
    int at = 0;
    for (float[] row : rows) {
      System.arraycopy(row, 0, all, at, row.length);
      at += row.length;
    }
    return all;
  }

  private static CausalLm fresh(Path base, LoraSettings lora) {
    return ModelLoader.load(Loading.forTraining(base, TestDevice.NAME).withAdapter(lora, 3));
  }

  private static PolicyLearner learner(
      CausalLm model, Optional<CausalLm> reference, double klCoefficient, Layout layout) {
    return new PolicyLearner(
        model,
        reference,
        ObjectiveSettings.standard(klCoefficient, 0.8),
        Samples.ADAMW,
        layout,
        Optional.empty());
  }

  /** As the fixture's script has them. */
  private static List<TrainingSequence> fixtureSequences() {
    int[][] prompts = {{3, 7, 5}, {8, 12, 3, 10}};
    int[][] responses = {{4, 9, 11, 6, 2}, {14, 5, 2}};
    return IntStream.range(0, prompts.length)
        .mapToObj(
            i -> {
              float[] advantages = new float[responses[i].length];
              for (int t = 0; t < advantages.length; t++) {
                advantages[t] = 0.5f - 0.3f * t + i;
              }
              return new TrainingSequence(prompts[i], responses[i], advantages);
            })
        .toList();
  }

  private static float[] floats(TensorData tensor) {
    FloatBuffer values =
        tensor.bytes().duplicate().rewind().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    float[] floats = new float[values.remaining()];
    values.get(floats);
    return floats;
  }

  private static Path fixture(String name) {
    try {
      return Path.of(LoraTest.class.getResource("/io/capoflow/models/lora/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
