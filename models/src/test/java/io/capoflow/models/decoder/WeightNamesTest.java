package io.capoflow.models.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.capoflow.models.decoder.DecoderConfig.Family;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.tensor.TestDevice;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The names by which {@code weights.py} finds tensors are those that checkpoints and adapters have.
 */
class WeightNamesTest {
  private static final LoraSettings SOME =
      LoraSettings.of(2, 4, List.of(LoraTarget.Q_PROJ, LoraTarget.DOWN_PROJ));

  @TempDir Path directory;

  /** Of each family, with biases and without, with an output projection of its own and without. */
  static Stream<DecoderConfig> configs() {
    return Stream.of(Family.values())
        .flatMap(
            family ->
                Stream.of(true, false)
                    .flatMap(
                        biased ->
                            Stream.of(true, false).map(tied -> config(family, biased, tied))));
  }

  @ParameterizedTest
  @MethodSource("configs")
  void everyTensorHasItsPlaceAndNoneMayBeMissing(DecoderConfig config) {
    assertEveryNameCounts(config, LoraSettings.NONE);
  }

  @ParameterizedTest
  @MethodSource("configs")
  void soHasEveryTensorOfAnAdapter(DecoderConfig config) {
    assertEveryNameCounts(config, SOME);
    assertEveryNameCounts(config, LoraSettings.of(2, 4, LoraTarget.all()));
  }

  private void assertEveryNameCounts(DecoderConfig config, LoraSettings lora) {
    TinyModels.write(directory, config, 1, "F32");
    try (CausalLm model = open(lora);
        NDManager scope = model.newScope()) {
      Map<String, NDArray> weights = model.parameters();
      int adapters = 2 * lora.targets().size() * config.layers();
      assertThat(weights).hasSize(DecoderWeights.shapes(config).size() + adapters);
      for (String name : weights.keySet()) {
        Map<String, NDArray> others = new LinkedHashMap<>(weights);
        others.put(name + ".misspelt", others.remove(name));
        assertThatThrownBy(() -> model.script().evaluate("decoder", others).close())
            .hasMessageContaining(name);
      }
      Map<String, NDArray> more = new LinkedHashMap<>(weights);
      more.put("model.layers.9.input_layernorm.weight", scope.create(1f));
      assertThatThrownBy(() -> model.script().evaluate("decoder", more).close())
          .hasMessageContaining(
              "the decoder has no place for [model.layers.9.input_layernorm.weight]");
    }
  }

  private CausalLm open(LoraSettings lora) {
    return lora.isAdapter()
        ? ModelLoader.load(Loading.forTraining(directory, TestDevice.NAME).withAdapter(lora, 1))
        : ModelLoader.load(Loading.forUse(directory, TestDevice.NAME));
  }

  private static DecoderConfig config(Family family, boolean biased, boolean tied) {
    return new DecoderConfig(
        family,
        biased || family == Family.QWEN2,
        TinyModels.VOCABULARY,
        24,
        2,
        4,
        2,
        8,
        40,
        1e-6,
        10_000,
        new RopeScaling.Plain(),
        tied,
        256,
        OptionalInt.empty(),
        List.of(TinyModels.EOS),
        OptionalInt.empty());
  }
}
