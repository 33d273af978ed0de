package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.decoder.NaiveDecoder;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.learning.ObjectiveSettings.KlEstimator;
import io.capoflow.models.learning.ObjectiveSettings.LossAggregation;
import io.capoflow.models.tensor.TestDevice;
import io.capoflow.schemas.Draws;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The loss and its gradient in float64, against plain Java and finite differences. */
class ObjectiveTest {
  private static final int ROLLOUTS = 7;
  private static final DecoderConfig CONFIG = TinyModels.config(true, 2, List.of(TinyModels.EOS));

  @TempDir static Path directory;
  private static CausalLm policy;
  private static List<TrainingSequence> batch;
  private static float[][] old;
  private static float[][] reference;

  @BeforeAll
  static void loadModels() {
    policy =
        ModelLoader.load(
            Loading.forUse(
                TinyModels.write(directory.resolve("p"), CONFIG, 1, "F64"), TestDevice.NAME));
    batch = Samples.sequences(3);
    try (PolicyLearner learner = learner(ObjectiveSettings.standard(0, 0.8), Layout.PADDED)) {
      float[][] now = learner.logProbabilities(batch);
      // Far enough that both clips, and for large ratios the dual clip, take part.
      old = Samples.moved(now, 1.6, 5);
      reference = Samples.moved(now, 0.9, 6);
    }
  }

  @AfterAll
  static void closeModels() {
    policy.close();
  }

  static List<ObjectiveSettings> settings() {
    List<ObjectiveSettings> all = new ArrayList<>();
    for (LossAggregation aggregation : LossAggregation.values()) {
      for (KlEstimator estimator : KlEstimator.values()) {
        all.add(new ObjectiveSettings(0.2, 0.3, 3, 0.7, estimator, 0.8, aggregation));
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("settings")
  void lossAndStatisticsAreThoseOfThePlainComputation(ObjectiveSettings settings) {
    UpdateStatistics expected =
        new PlainObjective(settings)
            .of(new NaiveDecoder(CONFIG, policy.tensors()), batch, old, reference, ROLLOUTS);
    assertThat(expected.clipFraction().orElseThrow()).isBetween(0.2, 0.9);
    assertThat(expected.largestRatioDeviation().orElseThrow())
        .isGreaterThan(2); // beyond the dual clip
    for (Layout layout : Layout.values()) {
      try (PolicyLearner learner = learner(settings, layout)) {
        learner.accumulate(batch, old, reference, ROLLOUTS);
        UpdateStatistics actual = learner.apply(0);
        assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-6));
        assertThat(actual.policyLoss()).isCloseTo(expected.policyLoss(), within(1e-6));
        assertThat(actual.klToReference().orElseThrow())
            .isCloseTo(expected.klToReference().orElseThrow(), within(1e-6));
        assertThat(actual.clipFraction()).isEqualTo(expected.clipFraction());
        assertThat(actual.entropy().orElseThrow())
            .isCloseTo(expected.entropy().orElseThrow(), within(1e-6));
        assertThat(actual.largestRatioDeviation().orElseThrow())
            .isCloseTo(expected.largestRatioDeviation().orElseThrow(), within(1e-6));
        assertThat(actual.tokens()).isEqualTo(expected.tokens());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("settings")
  void gradientIsThatOfFiniteDifferencesOfThePlainComputation(ObjectiveSettings settings) {
    PlainObjective plain = new PlainObjective(settings);
    SortedMap<String, TensorData> weights = policy.tensors();
    SortedMap<String, TensorData> gradients;
    try (PolicyLearner learner = learner(settings, Layout.PACKED)) {
      learner.accumulate(batch, old, reference, ROLLOUTS);
      gradients = learner.optimizer().gradients().data();
    }
    double scale = settings.aggregation() == LossAggregation.TOKEN_MEAN ? 1.0 / 21 : 1;
    double step = 1e-6;
    for (String name : weights.keySet()) {
      double[] direction = direction(name, weights.get(name));
      double slope = 0;
      ByteBuffer gradient = buffer(gradients.get(name));
      for (double component : direction) {
        slope += component * gradient.getDouble() * scale;
      }
      double ahead = loss(plain, moved(weights, name, direction, step));
      double behind = loss(plain, moved(weights, name, direction, -step));
      assertThat(slope)
          .as(name)
          .isCloseTo((ahead - behind) / (2 * step), within(1e-6 * (1 + Math.abs(slope))));
    }
  }

  @Test
  void aTokenSumWeighsLongResponsesMore() {
    TrainingSequence longer = Samples.sequence(11, 3, 8);
    ObjectiveSettings sum =
        new ObjectiveSettings(0.2, 0.2, 3, 0, KlEstimator.K3, 1, LossAggregation.TOKEN_SUM);
    ObjectiveSettings mean =
        new ObjectiveSettings(0.2, 0.2, 3, 0, KlEstimator.K3, 1, LossAggregation.SEQUENCE_MEAN);
    assertThat(onPolicyLoss(sum, longer)).isCloseTo(8 * onPolicyLoss(mean, longer), within(1e-7));
  }

  private static double onPolicyLoss(ObjectiveSettings settings, TrainingSequence sequence) {
    try (PolicyLearner learner = learner(settings, Layout.PADDED)) {
      List<TrainingSequence> one = List.of(sequence);
      learner.accumulate(one, learner.logProbabilities(one), new float[0][], 1);
      return learner.apply(0).loss();
    }
  }

  private static double loss(PlainObjective plain, SortedMap<String, TensorData> weights) {
    return plain.of(new NaiveDecoder(CONFIG, weights), batch, old, reference, ROLLOUTS).loss();
  }

  private static double[] direction(String name, TensorData tensor) {
    double[] direction = new double[tensor.bytes().limit() / Double.BYTES];
    for (int i = 0; i < direction.length; i++) {
      direction[i] = Draws.gaussian(Draws.key("direction", name), i);
    }
    return direction;
  }

  private static SortedMap<String, TensorData> moved(
      SortedMap<String, TensorData> weights, String name, double[] direction, double step) {
    TensorData tensor = weights.get(name);
    ByteBuffer from = buffer(tensor);
    ByteBuffer to = ByteBuffer.allocate(from.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    for (double component : direction) {
      to.putDouble(from.getDouble() + step * component);
    }
    TreeMap<String, TensorData> moved = new TreeMap<>(weights);
    moved.put(name, new TensorData(tensor.dtype(), tensor.shape(), to.flip()));
    return moved;
  }

  private static ByteBuffer buffer(TensorData tensor) {
    return tensor.bytes().duplicate().rewind().order(ByteOrder.LITTLE_ENDIAN);
  }

  private static PolicyLearner learner(ObjectiveSettings settings, Layout layout) {
    return new PolicyLearner(
        policy, Optional.of(policy), settings, Samples.ADAMW, layout, Optional.empty());
  }
}
