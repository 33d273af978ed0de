package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.llama.CausalLm;
import io.capoflow.models.llama.NaiveLlama;
import io.capoflow.models.llama.TinyModels;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PolicyLearnerTest {
  private static final double TEMPERATURE = 0.8;

  @TempDir Path directory;
  private CausalLm policy;
  private CausalLm reference;

  @BeforeEach
  void loadModels() {
    policy = TinyModels.load(directory.resolve("policy"), TinyModels.config(), 1);
    reference = TinyModels.load(directory.resolve("reference"), TinyModels.config(), 2);
  }

  @AfterEach
  void closeModels() {
    policy.close();
    reference.close();
  }

  @ParameterizedTest
  @EnumSource
  void logProbabilitiesAreTheTemperedOnesOfAPlainForward(Layout layout) {
    NaiveLlama naive = new NaiveLlama(policy.config(), policy.tensors());
    List<TrainingSequence> batch = Samples.sequences(1);
    try (PolicyLearner learner = learner(ObjectiveSettings.standard(0, TEMPERATURE), layout)) {
      float[][] actual = learner.logProbabilities(batch);
      for (int i = 0; i < batch.size(); i++) {
        double[] expected = naive(naive, batch.get(i));
        assertThat(actual[i]).hasSize(expected.length);
        for (int t = 0; t < expected.length; t++) {
          assertThat((double) actual[i][t]).isCloseTo(expected[t], within(1e-4));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theRatioIsOneOnTheFirstMiniBatch(Layout layout) {
    List<TrainingSequence> batch = Samples.sequences(1);
    try (PolicyLearner learner = learner(ObjectiveSettings.standard(0, TEMPERATURE), layout)) {
      learner.accumulate(batch, learner.logProbabilities(batch), new float[0][], 5);
      assertThat(learner.apply(1e-3).maxRatioDeviation()).isZero();
    }
  }

  private PolicyLearner learner(ObjectiveSettings objective, Layout layout) {
    return new PolicyLearner(
        policy, Optional.of(reference), objective, Samples.ADAMW, layout, Optional.empty());
  }

  private static double[] naive(NaiveLlama model, TrainingSequence sequence) {
    int[] prompt = sequence.promptTokenIds();
    int[] response = sequence.responseTokenIds();
    double[][] distribution =
        model.logProbabilities(
            IntStream.concat(Arrays.stream(prompt), Arrays.stream(response)).toArray(),
            TEMPERATURE);
    return IntStream.range(0, response.length)
        .mapToDouble(t -> distribution[prompt.length - 1 + t][response[t]])
        .toArray();
  }
}
