package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.decoder.NaiveDecoder;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.ScalarType;
import io.capoflow.models.tensor.TensorDigest;
import io.capoflow.models.tensor.TestDevice;
import java.nio.DoubleBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SupervisedLearnerTest {
  private static final List<int[]> TOKENS =
      List.of(new int[] {1, 4, 7, 9, 2}, new int[] {1, 5, 5, 6, 7, 8, 2}, new int[] {1, 3, 2});
  private static final List<Integer> PROMPTS = List.of(2, 3, 1);

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource
  void lossIsTheMeanCrossEntropyOfTheResponseTokens(Layout layout) {
    try (CausalLm model = TinyModels.load(directory, TinyModels.config(), 1);
        SupervisedLearner learner = new SupervisedLearner(model, Samples.ADAMW, layout)) {
      NaiveDecoder naive = new NaiveDecoder(model.config(), model.tensors());
      double sum = 0;
      int count = 0;
      for (int i = 0; i < TOKENS.size(); i++) {
        double[][] distribution = naive.logProbabilities(TOKENS.get(i), 1);
        for (int t = PROMPTS.get(i); t < TOKENS.get(i).length; t++) {
          sum -= distribution[t - 1][TOKENS.get(i)[t]];
          count++;
        }
      }
      assertThat(learner.step(TOKENS, PROMPTS, 1e-3)).isCloseTo(sum / count, within(1e-4));
      assertThat(learner.steps()).isEqualTo(1);
    }
  }

  @Test
  void learnsABatchByHeart() {
    try (CausalLm model = TinyModels.load(directory, TinyModels.config(), 1);
        SupervisedLearner learner = new SupervisedLearner(model, Samples.ADAMW, Layout.PADDED)) {
      double loss = Double.POSITIVE_INFINITY;
      for (int step = 0; step < 60; step++) {
        loss = learner.step(TOKENS, PROMPTS, 1e-2);
      }
      assertThat(loss).isLessThan(0.02);
    }
  }

  /** In float64 to the ninth digit; what lies between are roundings. */
  @ParameterizedTest
  @CsvSource({
    "PADDED, 1300, true, 2",
    "PADDED, 12, false, 1024",
    "PADDED, 1, true, 3",
    "PACKED, 1300, true, 2",
    "PACKED, 11, false, 1024",
    "PACKED, 1, true, 3"
  })
  void whatSavesMemoryLearnsTheSame(Layout layout, int slots, boolean recompute, int logitTokens) {
    Path checkpoint = TinyModels.write(directory, TinyModels.config(), 1, "F64");
    ComputeSettings frugal = new ComputeSettings(Precision.F32, recompute, logitTokens);
    try (CausalLm plain = ModelLoader.load(Loading.forTraining(checkpoint, TestDevice.NAME));
        CausalLm saving = ModelLoader.load(Loading.forTraining(checkpoint, TestDevice.NAME));
        SupervisedLearner plainly = new SupervisedLearner(plain, Samples.ADAMW, layout);
        SupervisedLearner frugally =
            new SupervisedLearner(saving, Samples.ADAMW, layout, frugal, parts(slots))) {
      for (int step = 0; step < 5; step++) {
        assertThat(frugally.step(TOKENS, PROMPTS, 1e-3))
            .isCloseTo(plainly.step(TOKENS, PROMPTS, 1e-3), within(1e-9));
      }
      assertThat(frugally.steps()).isEqualTo(5);
      SortedMap<String, TensorData> expected = plain.tensors();
      saving
          .tensors()
          .forEach(
              (name, tensor) ->
                  assertThat(doubles(tensor))
                      .as(name)
                      .containsExactly(doubles(expected.get(name)), within(1e-9)));
    }
  }

  @Test
  void rowsAreComputedByLengthWhateverTheirOrder() {
    List<int[]> tokens = List.of(row(150), row(4), row(151), row(5));
    List<int[]> byLength = List.of(tokens.get(2), tokens.get(0), tokens.get(3), tokens.get(1));

    String grouped = afterAStep(tokens, 1000);
    assertThat(afterAStep(byLength, 1000)).isEqualTo(grouped);
    assertThat(afterAStep(tokens, 100)).isNotEqualTo(grouped);
    assertThat(afterAStep(byLength, 100)).isNotEqualTo(grouped);
  }

  private String afterAStep(List<int[]> tokens, int slots) {
    try (CausalLm model = TinyModels.load(directory, TinyModels.config(), 1);
        SupervisedLearner learner =
            new SupervisedLearner(
                model, Samples.ADAMW, Layout.PADDED, ComputeSettings.STANDARD, parts(slots))) {
      learner.step(tokens, List.of(2, 2, 2, 2), 1e-3);
      return model.digest();
    }
  }

  @Test
  void inBfloat16TheWeightsStayWideAndLearn() {
    Path checkpoint = TinyModels.write(directory, TinyModels.config(), 1, "F32");
    ComputeSettings narrow = new ComputeSettings(Precision.BF16, true, 2);
    try (CausalLm model = ModelLoader.load(Loading.forTraining(checkpoint, TestDevice.NAME));
        CausalLm wide = ModelLoader.load(Loading.forTraining(checkpoint, TestDevice.NAME));
        SupervisedLearner widely = new SupervisedLearner(wide, Samples.ADAMW, Layout.PADDED);
        SupervisedLearner learner =
            new SupervisedLearner(model, Samples.ADAMW, Layout.PADDED, narrow, parts(12))) {
      double exact = widely.step(TOKENS, PROMPTS, 1e-2);
      double first = learner.step(TOKENS, PROMPTS, 1e-2);
      assertThat(first).isNotEqualTo(exact).isCloseTo(exact, within(0.1));
      double loss = first;
      for (int step = 0; step < 60; step++) {
        loss = learner.step(TOKENS, PROMPTS, 1e-2);
      }
      assertThat(loss).isLessThan(0.1);
      assertThat(model.tensors().values()).allMatch(tensor -> tensor.dtype().equals("F32"));
    }
  }

  @Test
  void anAdapterLearnsOverABaseInBfloat16() {
    Path checkpoint = TinyModels.write(directory.resolve("base"), TinyModels.config(), 1, "F32");
    Path adapter = directory.resolve("adapter");
    try (CausalLm fresh =
        ModelLoader.load(
            Loading.forTraining(checkpoint, TestDevice.NAME)
                .withAdapter(LoraSettings.of(4, 8, LoraTarget.all()), 3))) {
      fresh.save(adapter);
    }
    ComputeSettings narrow = new ComputeSettings(Precision.BF16, false, 1024);
    try (CausalLm model =
            ModelLoader.load(Loading.forTraining(adapter, TestDevice.NAME).in(Precision.BF16));
        SupervisedLearner learner =
            new SupervisedLearner(
                model, Samples.ADAMW, Layout.PADDED, narrow, PartSettings.STANDARD)) {
      assertThat(model.tensors().values()).allMatch(tensor -> tensor.dtype().equals("BF16"));
      String frozen = TensorDigest.of(model.tensors());
      double first = learner.step(TOKENS, PROMPTS, 1e-2);
      double loss = first;
      for (int step = 0; step < 20; step++) {
        loss = learner.step(TOKENS, PROMPTS, 1e-2);
      }
      assertThat(loss).isLessThan(first / 2);
      assertThat(TensorDigest.of(model.tensors())).isEqualTo(frozen);
      assertThat(model.trainable().type()).isEqualTo(ScalarType.F32);
    }
  }

  @Test
  void aBatchWithoutResponsesIsRefused() {
    try (CausalLm model = TinyModels.load(directory, TinyModels.config(), 1);
        SupervisedLearner learner = new SupervisedLearner(model, Samples.ADAMW, Layout.PADDED)) {
      assertThatThrownBy(() -> learner.step(List.of(new int[] {1, 2}), List.of(2), 1e-3))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static PartSettings parts(int slots) {
    return new PartSettings(slots, 1, Integer.MAX_VALUE);
  }

  private static int[] row(int length) {
    return IntStream.range(0, length).map(t -> 1 + (3 * t + length) % 18).toArray();
  }

  private static double[] doubles(TensorData tensor) {
    DoubleBuffer values = tensor.bytes().asDoubleBuffer();
    double[] doubles = new double[values.limit()];
    values.get(doubles);
    return doubles;
  }
}
