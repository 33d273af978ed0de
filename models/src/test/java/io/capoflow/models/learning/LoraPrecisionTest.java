package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelDigest;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.generation.Generated;
import io.capoflow.models.generation.GenerationRequest;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.lora.PeftConfig;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.ScalarType;
import io.capoflow.models.tensor.TensorDigest;
import io.capoflow.models.tensor.TestDevice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An adapter on a float32 checkpoint that is held and computed with in bfloat16. */
class LoraPrecisionTest {
  private static final LoraSettings LORA = LoraSettings.of(4, 8, LoraTarget.all());
  private static final ObjectiveSettings KL = ObjectiveSettings.standard(0.05, 0.8);

  @TempDir Path directory;
  private Path base;

  @BeforeEach
  void writeBase() {
    base = TinyModels.write(directory.resolve("base"), TinyModels.config(), 1, "F32");
  }

  @Test
  void theBaseIsNarrowAndFrozenAndTheAdapterWide() {
    try (Fixture narrow = new Fixture(base, Layout.PADDED, false)) {
      assertThat(dtypes(narrow.model.tensors())).containsOnly("BF16");
      assertThat(narrow.model.trainable().type()).isEqualTo(ScalarType.F32);
      assertThat(dtypes(narrow.learner.optimizerState().moments(OptimizerState.FIRST_MOMENT)))
          .containsOnly("F32");
      String frozen = TensorDigest.of(narrow.model.tensors());
      SortedMap<String, TensorData> fresh = narrow.model.trainable().data();
      narrow.train(0, 3);
      assertThat(TensorDigest.of(narrow.model.tensors())).isEqualTo(frozen);
      narrow
          .model
          .trainable()
          .data()
          .forEach(
              (name, tensor) ->
                  assertThat(tensor.bytes()).as(name).isNotEqualTo(fresh.get(name).bytes()));
    }
  }

  @ParameterizedTest
  @CsvSource({"PADDED, false", "PADDED, true", "PACKED, false", "PACKED, true"})
  void itStartsAsItsReferenceAndLearnsWhatItIsCreditedFor(Layout layout, boolean recompute) {
    List<TrainingSequence> batch = List.of(praised(3), praised(4));
    try (Fixture narrow = new Fixture(base, layout, recompute)) {
      float[][] before = narrow.learner.logProbabilities(batch);
      assertThat(narrow.learner.referenceLogProbabilities(batch)).isDeepEqualTo(before);
      for (int step = 0; step < 10; step++) {
        narrow.learner.accumulate(batch, narrow.learner.logProbabilities(batch), before, 2);
        UpdateStatistics statistics = narrow.learner.apply(1e-2);
        assertThat(statistics.gradientNorm()).isPositive();
        if (step == 0) {
          assertThat(statistics.klToReference().orElseThrow()).isZero();
          assertThat(statistics.largestRatioDeviation().orElseThrow()).isZero();
        }
      }
      float[][] after = narrow.learner.logProbabilities(batch);
      for (int i = 0; i < after.length; i++) {
        assertThat(sum(after[i])).isGreaterThan(sum(before[i]) + 1);
      }
      assertThat(narrow.learner.referenceLogProbabilities(batch)).isDeepEqualTo(before);
    }
  }

  @Test
  void itsGradientIsAboutThatOverTheSameBaseInFloat32() {
    List<TrainingSequence> batch = Samples.sequences(1);
    try (Fixture narrow = new Fixture(base, Layout.PADDED, false);
        CausalLm wide =
            ModelLoader.load(
                Loading.forTraining(base, TestDevice.NAME).withAdapter(LORA, 3).in(Precision.F32));
        PolicyLearner learner =
            new PolicyLearner(
                wide,
                Optional.of(narrow.reference),
                KL,
                Samples.ADAMW,
                Layout.PADDED,
                Optional.empty())) {
      float[][] reference = learner.referenceLogProbabilities(batch);
      learner.accumulate(batch, learner.logProbabilities(batch), reference, 5);
      narrow.learner.accumulate(batch, narrow.learner.logProbabilities(batch), reference, 5);
      SortedMap<String, TensorData> exact = learner.optimizer().gradients().data();
      SortedMap<String, TensorData> rounded = narrow.learner.optimizer().gradients().data();
      double distance = 0;
      double length = 0;
      for (String name : exact.keySet()) {
        var left = exact.get(name).bytes().asFloatBuffer();
        var right = rounded.get(name).bytes().asFloatBuffer();
        for (int i = 0; i < left.limit(); i++) {
          distance += Math.pow(left.get(i) - right.get(i), 2);
          length += Math.pow(left.get(i), 2);
        }
      }
      assertThat(Math.sqrt(distance / length)).isBetween(1e-4, 0.05);
    }
  }

  @ParameterizedTest
  @CsvSource({"PADDED, false", "PACKED, true"})
  void aRunResumedFromFilesGoesOnBitForBit(Layout layout, boolean recompute) {
    String undisturbed;
    try (Fixture whole = new Fixture(base, layout, recompute)) {
      whole.train(0, 6);
      undisturbed = whole.learner.digest();
    }
    Path saved = directory.resolve("saved");
    try (Fixture first = new Fixture(base, layout, recompute)) {
      first.train(0, 3);
      first.model.save(saved);
      Safetensors.write(
          saved.resolve("optimizer.safetensors"),
          first.learner.optimizerState().tensors(),
          Map.of());
      assertThat(first.learner.digest()).isNotEqualTo(undisturbed);
    }
    OptimizerState state =
        new OptimizerState(Safetensors.read(saved.resolve("optimizer.safetensors")));
    try (Fixture second = new Fixture(saved, layout, recompute, Optional.of(state))) {
      second.train(3, 6);
      assertThat(second.learner.digest()).isEqualTo(undisturbed);
    }
  }

  @Test
  void itsFilesAreThoseOfAnAdapterOnTheFloat32Checkpoint() {
    Path narrowSaved = directory.resolve("narrow");
    Path wideSaved = directory.resolve("wide");
    try (Fixture narrow = new Fixture(base, Layout.PADDED, false)) {
      narrow.train(0, 2);
      narrow.model.save(narrowSaved);
      assertThat(ModelDigest.of(narrowSaved)).isEqualTo(narrow.model.digest());
    }
    try (CausalLm wide =
        ModelLoader.load(Loading.forTraining(base, TestDevice.NAME).withAdapter(LORA, 3))) {
      wide.save(wideSaved);
    }
    assertThat(narrowSaved.resolve(PeftConfig.FILE))
        .hasSameBinaryContentAs(wideSaved.resolve(PeftConfig.FILE));
    Path narrowFile = narrowSaved.resolve(PeftConfig.TENSORS_FILE);
    Path wideFile = wideSaved.resolve(PeftConfig.TENSORS_FILE);
    // The base's digest among it.
    assertThat(Safetensors.metadata(narrowFile)).isEqualTo(Safetensors.metadata(wideFile));
    SortedMap<String, TensorData> tensors = Safetensors.read(narrowFile);
    assertThat(dtypes(tensors)).containsOnly("F32");
    Safetensors.read(wideFile)
        .forEach((name, tensor) -> assertThat(tensors.get(name).shape()).isEqualTo(tensor.shape()));
    assertThat(tensors).hasSize(2 * 2 * 7);
  }

  @Test
  void theSamplersLogProbabilitiesAreTheLearners() {
    Path saved = directory.resolve("saved");
    List<TrainingSequence> sampled = new ArrayList<>();
    List<float[]> sampler = new ArrayList<>();
    try (Fixture narrow = new Fixture(base, Layout.PADDED, false)) {
      narrow.train(0, 5);
      narrow.model.save(saved);
      List<GenerationRequest> requests =
          List.of(
              new GenerationRequest(new int[] {3, 9}, new long[] {1, 2, 3, 4}),
              new GenerationRequest(new int[] {7, 11, 4, 5, 6}, new long[] {5, 6, 7, 8}));
      try (CausalLm use =
          ModelLoader.load(Loading.forUse(saved, TestDevice.NAME).in(Precision.BF16))) {
        // Into a base in half precision an adapter is not merged.
        assertThat(use.hasAdapter()).isTrue();
        List<List<Generated>> generated =
            use.generate(requests, new SamplingParameters(0.8, 1, 24));
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
      float[][] own = narrow.learner.logProbabilities(sampled);
      for (int i = 0; i < own.length; i++) {
        assertThat(own[i]).containsExactly(sampler.get(i), within(0.1f));
      }
    }
  }

  /** A response whose every token is praised. */
  private static TrainingSequence praised(long seed) {
    TrainingSequence drawn = Samples.sequence(seed, 4, 6);
    return new TrainingSequence(
        drawn.promptTokenIds(), drawn.responseTokenIds(), new float[] {1, 1, 1, 1, 1, 1});
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }

  private static List<String> dtypes(SortedMap<String, TensorData> tensors) {
    return tensors.values().stream().map(TensorData::dtype).toList();
  }

  /** A policy with an adapter, its base as its reference, and its learner, all in bfloat16. */
  private static final class Fixture implements AutoCloseable {
    private final CausalLm model;
    private final CausalLm reference;
    private final PolicyLearner learner;

    Fixture(Path start, Layout layout, boolean recompute) {
      this(start, layout, recompute, Optional.empty());
    }

    Fixture(Path start, Layout layout, boolean recompute, Optional<OptimizerState> state) {
      ComputeSettings compute = new ComputeSettings(Precision.BF16, recompute, 7);
      model =
          ModelLoader.load(
              Loading.forTraining(start, TestDevice.NAME)
                  .withAdapter(LORA, 3)
                  .in(compute.precision()));
      reference = model.base();
      learner =
          new PolicyLearner(
              model,
              Optional.of(reference),
              KL,
              Samples.ADAMW,
              layout,
              compute,
              PartSettings.STANDARD,
              state);
    }

    void train(int from, int to) {
      Samples.train(learner, from, to);
    }

    @Override
    public void close() {
      learner.close();
      reference.close();
      model.close();
    }
  }
}
