package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.generation.Generated;
import io.capoflow.models.generation.GenerationRequest;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.TestDevice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What may change the cost of an update must not change the update. */
class ComputeSettingsTest {
  private static final ObjectiveSettings OBJECTIVE = ObjectiveSettings.standard(0.05, 0.8);
  private static final ComputeSettings FRUGAL = new ComputeSettings(Precision.F32, true, 4);

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "F64,true,PADDED,1e-9",
    "F64,true,PACKED,1e-9",
    "F64,false,PADDED,1e-9",
    "F64,false,PACKED,1e-9",
    "F32,true,PADDED,1e-4",
    "F32,false,PACKED,1e-4"
  })
  // In float64 to the ninth digit; in float32 AdamW's first steps magnify the last bits of the
  // smallest gradients.
  void recomputedLayersAndLogitsInPartsLearnTheSame(
      String dtype, boolean tied, Layout layout, double tolerance) {
    Path checkpoint =
        TinyModels.write(directory, TinyModels.config(tied, 2, List.of(TinyModels.EOS)), 1, dtype);
    try (Fixture plain = new Fixture(checkpoint, layout, ComputeSettings.STANDARD);
        Fixture frugal = new Fixture(checkpoint, layout, FRUGAL)) {
      for (int step = 0; step < 5; step++) {
        List<TrainingSequence> batch = Samples.sequences(100L * step);
        float[][] old = Samples.moved(plain.learner.logProbabilities(batch), 0.3, step);
        float[][] reference = plain.learner.referenceLogProbabilities(batch);
        plain.learner.accumulate(batch, old, reference, 5);
        frugal.learner.accumulate(batch, old, reference, 5);
        UpdateStatistics expected = plain.learner.apply(1e-3);
        UpdateStatistics actual = frugal.learner.apply(1e-3);
        for (int i = 0; i < numbers(expected).length; i++) {
          double wanted = numbers(expected)[i];
          assertThat(numbers(actual)[i])
              .isCloseTo(wanted, within(tolerance * Math.max(1, Math.abs(wanted))));
        }
        assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-6));
        assertThat(actual.gradientNorm()).isPositive();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"F32,false", "F32,true", "BF16,false", "BF16,true"})
  void aRunResumedFromFilesGoesOnBitForBit(Precision precision, boolean recompute) {
    Path start = TinyModels.write(directory.resolve("v0"), TinyModels.config(), 1, "F32");
    ComputeSettings compute = new ComputeSettings(precision, recompute, 7);
    String undisturbed;
    try (Fixture whole = new Fixture(start, Layout.PADDED, compute)) {
      IntStream.range(0, 6).forEach(whole::step);
      undisturbed = whole.learner.digest();
    }
    Path middle = directory.resolve("v3");
    try (Fixture first = new Fixture(start, Layout.PADDED, compute)) {
      IntStream.range(0, 3).forEach(first::step);
      first.policy.save(middle);
      Safetensors.write(
          middle.resolve("optimizer.safetensors"),
          first.learner.optimizerState().tensors(),
          Map.of());
      assertThat(first.learner.digest()).isNotEqualTo(undisturbed);
    }
    OptimizerState state =
        new OptimizerState(Safetensors.read(middle.resolve("optimizer.safetensors")));
    try (Fixture second = new Fixture(middle, start, Layout.PADDED, compute, Optional.of(state))) {
      IntStream.range(3, 6).forEach(second::step);
      assertThat(second.learner.digest()).isEqualTo(undisturbed);
    }
  }

  @Test
  void bfloat16ComputesWithRoundedCopiesOfFloat32Weights() {
    Path checkpoint = TinyModels.write(directory, TinyModels.config(), 1, "F32");
    ComputeSettings narrow = new ComputeSettings(Precision.BF16, false, 1024);
    List<TrainingSequence> batch = Samples.sequences(1);
    try (Fixture fixture = new Fixture(checkpoint, Layout.PADDED, narrow);
        Fixture wide = new Fixture(checkpoint, Layout.PADDED, ComputeSettings.STANDARD)) {
      // The reference's weights were narrowed once and for all, the policy's are for each batch.
      assertThat(fixture.reference.tensors().get("model.norm.weight").dtype()).isEqualTo("BF16");
      float[][] narrowed = fixture.learner.logProbabilities(batch);
      assertThat(narrowed).isEqualTo(fixture.learner.referenceLogProbabilities(batch));
      assertThat(narrowed).isNotEqualTo(wide.learner.logProbabilities(batch));

      double[] exact = gradient(wide, batch);
      double[] rounded = gradient(fixture, batch);
      double distance = 0;
      double length = 0;
      for (int i = 0; i < exact.length; i++) {
        distance += (rounded[i] - exact[i]) * (rounded[i] - exact[i]);
        length += exact[i] * exact[i];
      }
      assertThat(Math.sqrt(distance / length)).isBetween(1e-4, 0.05);

      // A step far below what bfloat16 resolves is not lost.
      SortedMap<String, TensorData> before = fixture.policy.tensors();
      fixture.learner.apply(1e-6);
      assertThat(fixture.policy.tensors().get("model.norm.weight").dtype()).isEqualTo("F32");
      assertThat(Samples.values(fixture.policy.tensors())).isNotEqualTo(Samples.values(before));
    }
  }

  @ParameterizedTest
  @CsvSource({"F32,1e-4", "BF16,0.1"})
  void theLearnersLogProbabilitiesAreTheSamplersInEitherPrecision(
      Precision precision, double tolerance) {
    Path checkpoint = TinyModels.write(directory, TinyModels.config(), 1, "F32");
    List<GenerationRequest> requests =
        List.of(
            new GenerationRequest(new int[] {1, 7, 4}, new long[] {1, 2, 3}),
            new GenerationRequest(new int[] {1, 5, 6, 3, 9}, new long[] {4, 5, 6}));
    List<TrainingSequence> sequences = new ArrayList<>();
    List<float[]> sampled = new ArrayList<>();
    try (CausalLm sampler =
        ModelLoader.load(Loading.forUse(checkpoint, TestDevice.NAME).in(precision))) {
      List<List<Generated>> answers =
          sampler.generate(requests, new SamplingParameters(0.8, 0.9, 24));
      for (int i = 0; i < requests.size(); i++) {
        for (Generated answer : answers.get(i)) {
          sequences.add(
              new TrainingSequence(
                  requests.get(i).promptTokenIds(),
                  answer.tokenIds(),
                  new float[answer.tokenIds().length]));
          sampled.add(answer.logProbabilities());
        }
      }
    }
    try (Fixture fixture =
        new Fixture(checkpoint, Layout.PADDED, new ComputeSettings(precision, false, 1024))) {
      float[][] learned = fixture.learner.logProbabilities(sequences);
      for (int i = 0; i < learned.length; i++) {
        assertThat(learned[i]).containsExactly(sampled.get(i), within((float) tolerance));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"false,3", "true,3", "false,12", "true,12"})
  void onlyTheLastParametersAreDifferentiatedWhereTheOthersAreFrozen(
      boolean recompute, int trainable) {
    Path checkpoint = TinyModels.write(directory, TinyModels.config(), 1, "F32");
    ComputeSettings compute = new ComputeSettings(Precision.F32, recompute, 5);
    PartRows batch = new PartRows(Samples.sequences(1), Layout.PADDED);
    try (CausalLm model = ModelLoader.load(Loading.forUse(checkpoint, TestDevice.NAME));
        NDManager scope = model.newScope()) {
      Map<String, NDArray> all = supervisedGradients(model, scope, batch, compute, 21);
      Map<String, NDArray> last = supervisedGradients(model, scope, batch, compute, trainable);
      assertThat(last).hasSize(trainable);
      last.forEach(
          (name, gradient) -> {
            float[] expected = all.get(name).toFloatArray();
            assertThat(expected).isNotEqualTo(new float[expected.length]);
            assertThat(gradient.toFloatArray()).containsExactly(expected, within(1e-6f));
          });
    }
  }

  private static Map<String, NDArray> supervisedGradients(
      CausalLm model, NDManager scope, PartRows batch, ComputeSettings compute, int trainable) {
    Map<String, NDArray> parameters = model.parameters();
    assertThat(parameters).hasSize(21);
    Map<String, NDArray> gradients = new LinkedHashMap<>();
    for (String name : List.copyOf(parameters.keySet()).subList(21 - trainable, 21)) {
      gradients.put(name, scope.zeros(parameters.get(name).getShape()));
    }
    try (ScriptSettings settings =
        new ScriptSettings(model, ObjectiveSettings.standard(0, 1), compute)) {
      Map<String, NDArray> numbers = settings.tensors();
      numbers.put("mean_of", scope.newSubManager(Device.cpu()).create((double) batch.tokens()));
      model
          .script()
          .differentiate(
              scope,
              "supervised_gradient",
              List.of(parameters, gradients, batch.tensors(scope), numbers));
    }
    return gradients;
  }

  private static double[] numbers(UpdateStatistics statistics) {
    return new double[] {
      statistics.loss(),
      statistics.policyLoss(),
      statistics.klToReference().orElseThrow(),
      statistics.clipFraction().orElseThrow(),
      statistics.entropy().orElseThrow(),
      statistics.largestRatioDeviation().orElseThrow(),
      statistics.gradientNorm()
    };
  }

  private static double[] gradient(Fixture fixture, List<TrainingSequence> batch) {
    fixture.accumulate(batch, 1);
    return Samples.values(fixture.learner.optimizer().gradients().data());
  }

  /** A policy that starts as its reference, and its learner. */
  private static final class Fixture implements AutoCloseable {
    private final CausalLm policy;
    private final CausalLm reference;
    private final PolicyLearner learner;

    Fixture(Path checkpoint, Layout layout, ComputeSettings compute) {
      this(checkpoint, checkpoint, layout, compute, Optional.empty());
    }

    Fixture(
        Path checkpoint,
        Path referenceCheckpoint,
        Layout layout,
        ComputeSettings compute,
        Optional<OptimizerState> state) {
      policy = ModelLoader.load(Loading.forTraining(checkpoint, TestDevice.NAME));
      reference =
          ModelLoader.load(
              Loading.forUse(referenceCheckpoint, TestDevice.NAME).in(compute.precision()));
      learner =
          new PolicyLearner(
              policy,
              Optional.of(reference),
              OBJECTIVE,
              Samples.ADAMW,
              layout,
              compute,
              PartSettings.STANDARD,
              state);
    }

    void accumulate(List<TrainingSequence> batch, long seed) {
      learner.accumulate(
          batch,
          Samples.moved(learner.logProbabilities(batch), 0.3, seed),
          learner.referenceLogProbabilities(batch),
          5);
    }

    void step(int step) {
      accumulate(Samples.sequences(100L * step), step);
      learner.apply(1e-3);
    }

    @Override
    public void close() {
      learner.close();
      reference.close();
      policy.close();
    }
  }
}
