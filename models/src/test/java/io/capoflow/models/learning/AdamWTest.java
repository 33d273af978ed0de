package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.tensor.TestDevice;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdamWTest {
  private static final AdamWSettings SETTINGS = new AdamWSettings(0.9, 0.95, 1e-8, 0.1, 0.5);
  private static final double RATE = 1e-2;

  @TempDir Path directory;

  @Test
  void stepsAreThoseOfThePublishedFormula() {
    try (CausalLm model = TinyModels.load(directory, TinyModels.config(), 1);
        PolicyLearner learner = learner(model)) {
      Map<String, double[]> weights = new HashMap<>();
      Map<String, double[]> first = new HashMap<>();
      Map<String, double[]> second = new HashMap<>();
      model
          .tensors()
          .forEach(
              (name, tensor) -> {
                weights.put(name, values(tensor));
                first.put(name, new double[values(tensor).length]);
                second.put(name, new double[values(tensor).length]);
              });
      for (int step = 1; step <= 3; step++) {
        List<TrainingSequence> batch = Samples.sequences(step);
        learner.accumulate(
            batch, learner.logProbabilities(batch), new float[0][], step == 1 ? 1 : 100);
        SortedMap<String, TensorData> gradients = learner.optimizer().gradients().data();
        double norm =
            Math.sqrt(
                gradients.values().stream()
                    .flatMapToDouble(tensor -> java.util.Arrays.stream(values(tensor)))
                    .map(g -> g * g)
                    .sum());
        assertThat(norm > SETTINGS.gradientNormClip()).isEqualTo(step == 1);
        double clip = Math.min(1, SETTINGS.gradientNormClip() / (norm + 1e-6));
        for (Map.Entry<String, TensorData> gradient : gradients.entrySet()) {
          String name = gradient.getKey();
          double decay = gradient.getValue().shape().length > 1 ? SETTINGS.weightDecay() : 0;
          double[] g = values(gradient.getValue());
          double[] w = weights.get(name);
          double[] m = first.get(name);
          double[] v = second.get(name);
          for (int i = 0; i < g.length; i++) {
            double clipped = g[i] * clip;
            m[i] = 0.9 * m[i] + 0.1 * clipped;
            v[i] = 0.95 * v[i] + 0.05 * clipped * clipped;
            double unbiasedFirst = m[i] / (1 - Math.pow(0.9, step));
            double unbiasedSecond = v[i] / (1 - Math.pow(0.95, step));
            w[i] =
                w[i] * (1 - RATE * decay)
                    - RATE * unbiasedFirst / (Math.sqrt(unbiasedSecond) + 1e-8);
          }
        }
        assertThat(learner.apply(RATE).gradientNorm()).isCloseTo(norm, within(1e-5 * norm));
        for (Map.Entry<String, TensorData> tensor : model.tensors().entrySet()) {
          assertThat(values(tensor.getValue()))
              .as(tensor.getKey() + " after step " + step)
              .containsExactly(weights.get(tensor.getKey()), within(5e-6));
        }
      }
    }
  }

  @Test
  void halfPrecisionWeightsAreRefused() {
    TinyModels.write(directory, TinyModels.config(), 1, "BF16");
    try (CausalLm model = ModelLoader.load(Loading.forUse(directory, TestDevice.NAME))) {
      assertThatThrownBy(() -> learner(model)).hasMessageContaining("float32");
    }
  }

  private static PolicyLearner learner(CausalLm model) {
    return new PolicyLearner(
        model,
        Optional.empty(),
        ObjectiveSettings.standard(0, 1),
        SETTINGS,
        Layout.PADDED,
        Optional.empty());
  }

  private static double[] values(TensorData tensor) {
    FloatBuffer floats = tensor.bytes().duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    double[] values = new double[floats.limit()];
    for (int i = 0; i < values.length; i++) {
      values[i] = floats.get(i);
    }
    return values;
  }
}
