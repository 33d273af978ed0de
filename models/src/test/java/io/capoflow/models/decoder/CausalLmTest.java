package io.capoflow.models.decoder;

import static io.capoflow.models.decoder.TinyModels.EOS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.generation.Generated;
import io.capoflow.models.generation.GenerationRequest;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.tensor.TestDevice;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CausalLmTest {
  private static final DecoderConfig CONFIG = TinyModels.config();

  @TempDir Path directory;

  @Test
  void aSavedModelLoadsAsTheSame() {
    Path saved = directory.resolve("saved");
    try (CausalLm model = TinyModels.load(directory.resolve("first"), CONFIG, 1)) {
      model.save(saved);
      try (CausalLm again = ModelLoader.load(Loading.forUse(saved, TestDevice.NAME))) {
        assertThat(again.digest()).isEqualTo(model.digest());
        assertThat(again.config()).isEqualTo(CONFIG);
        assertThat(again.tokenizer().encode("w3 w7")).containsExactly(3, 7);
        assertThat(greedy(again).tokenIds()).isEqualTo(greedy(model).tokenIds());
      }
    }
    assertThat(saved).isDirectoryContaining(file -> file.endsWith("generation_config.json"));
    assertThat(saved).isDirectoryContaining(file -> file.endsWith("tokenizer.json"));
  }

  @Test
  void whatIsNotInterpretedSurvivesASave() throws IOException {
    TinyModels.write(directory, CONFIG, 1, "BF16");
    ObjectMapper json = new ObjectMapper();
    ObjectNode config = (ObjectNode) json.readTree(directory.resolve(DecoderConfig.FILE).toFile());
    config.put("transformers_version", "4.51.0");
    config.put("use_cache", true);
    config.putNull("sliding_window");
    config.put("rms_norm_eps", 1e-5);
    config.putArray("eos_token_id").add(EOS).add(5);
    config.remove("torch_dtype");
    config.put("dtype", "bfloat16");
    ObjectNode generation = json.createObjectNode();
    generation.put("do_sample", true);
    generation.put("eos_token_id", 7);
    json.writeValue(directory.resolve(DecoderConfig.FILE).toFile(), config);
    json.writeValue(directory.resolve(DecoderConfig.GENERATION_FILE).toFile(), generation);

    Path saved = directory.resolve("saved");
    try (CausalLm model = ModelLoader.load(Loading.forUse(directory, TestDevice.NAME))) {
      assertThat(model.config().eosTokenIds()).containsExactly(7);
      model.save(saved);
    }
    assertThat(json.readTree(saved.resolve(DecoderConfig.FILE).toFile())).isEqualTo(config);
    assertThat(json.readTree(saved.resolve(DecoderConfig.GENERATION_FILE).toFile()))
        .isEqualTo(generation);

    try (CausalLm model = ModelLoader.load(Loading.forTraining(directory, TestDevice.NAME))) {
      model.save(saved);
    }
    // The one field that follows the weights.
    assertThat(json.readTree(saved.resolve(DecoderConfig.FILE).toFile()))
        .isEqualTo(config.put("dtype", "float32"));
  }

  @Test
  void aSaveThatFailsLeavesTheCheckpointBeforeUntouched() throws IOException {
    Path existing =
        TinyModels.write(
            directory.resolve("existing"), TinyModels.config(true, 1, List.of()), 2, "F32");
    byte[] config = Files.readAllBytes(existing.resolve(DecoderConfig.FILE));
    // No file can take the place of a folder that holds something.
    Path weights = existing.resolve(Safetensors.SINGLE_FILE);
    Files.delete(weights);
    Files.createDirectories(weights.resolve("occupied"));
    try (CausalLm model = TinyModels.load(directory.resolve("new"), CONFIG, 1)) {
      assertThatThrownBy(() -> model.save(existing)).isInstanceOf(UncheckedIOException.class);
    }

    assertThat(existing.resolve(DecoderConfig.FILE)).hasBinaryContent(config);
    assertThat(names(existing))
        .containsExactly("config.json", "model.safetensors", "tokenizer.json");
  }

  @Test
  void aSaveReplacesAnotherModelsCheckpointAndKeepsOtherFiles() throws IOException {
    Path existing =
        TinyModels.write(
            directory.resolve("existing"), TinyModels.config(true, 1, List.of()), 2, "F32");
    Files.writeString(existing.resolve("README.md"), "mine");
    Files.writeString(
        existing.resolve(Safetensors.INDEX_FILE),
        "{\"weight_map\": {\"model.norm.weight\": \"model-1-of-1.safetensors\"}}");
    try (CausalLm model = TinyModels.load(directory.resolve("new"), CONFIG, 1)) {
      model.save(existing);
      try (CausalLm again = ModelLoader.load(Loading.forUse(existing, TestDevice.NAME))) {
        assertThat(again.digest()).isEqualTo(model.digest());
        assertThat(again.config()).isEqualTo(CONFIG);
      }
    }

    assertThat(names(existing))
        .containsExactly(
            "README.md",
            "config.json",
            "generation_config.json",
            "model.safetensors",
            "tokenizer.json");
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void theDigestIsThatOfTheWeightsAlone() {
    try (CausalLm one = TinyModels.load(directory.resolve("one"), CONFIG, 1);
        CausalLm same = TinyModels.load(directory.resolve("same"), CONFIG, 1);
        CausalLm other = TinyModels.load(directory.resolve("other"), CONFIG, 2)) {
      assertThat(same.digest()).isEqualTo(one.digest()).hasSize(64);
      assertThat(other.digest()).isNotEqualTo(one.digest());
    }
  }

  @Test
  void firstWeightsAreDrawnFromTheSeed() {
    TinyModels.write(directory, CONFIG, 1, "F32");
    try (CausalLm one = ModelLoader.initialise(CONFIG, directory, 5, TestDevice.NAME);
        CausalLm same = ModelLoader.initialise(CONFIG, directory, 5, TestDevice.NAME);
        CausalLm other = ModelLoader.initialise(CONFIG, directory, 6, TestDevice.NAME)) {
      assertThat(same.digest()).isEqualTo(one.digest());
      assertThat(other.digest()).isNotEqualTo(one.digest());
      assertThat(deviation(one, "model.layers.0.mlp.gate_proj.weight"))
          .isCloseTo(1 / Math.sqrt(CONFIG.hiddenSize()), within(0.02));
      // Narrower by the root of 2 · 2 layers.
      assertThat(deviation(one, "model.layers.0.mlp.down_proj.weight"))
          .isCloseTo(0.5 / Math.sqrt(CONFIG.intermediateSize()), within(0.008));
      assertThat(deviation(one, "model.norm.weight")).isEqualTo(1);
    }
  }

  @Test
  void aNewModelOfAnyFamilyIsSavedAndLoadedAsTheSame() {
    TinyModels.write(directory, CONFIG, 1, "F32");
    for (DecoderConfig.Family family : DecoderConfig.Family.values()) {
      for (boolean biased : List.of(true, false)) {
        DecoderConfig config =
            new DecoderConfig(
                family,
                biased || family == DecoderConfig.Family.QWEN2,
                TinyModels.VOCABULARY,
                24,
                2,
                4,
                2,
                8,
                40,
                1e-6,
                10_000,
                new RopeScaling.Linear(2),
                true,
                256,
                OptionalInt.empty(),
                List.of(EOS, 5),
                OptionalInt.empty());
        Path saved = directory.resolve(family + "-" + biased);
        try (CausalLm model = ModelLoader.initialise(config, directory, 5, TestDevice.NAME)) {
          model.save(saved);
          try (CausalLm again = ModelLoader.load(Loading.forUse(saved, TestDevice.NAME))) {
            assertThat(again.config()).isEqualTo(config);
            assertThat(again.digest()).isEqualTo(model.digest());
            assertThat(greedy(again).tokenIds()).isEqualTo(greedy(model).tokenIds());
          }
        }
      }
    }
  }

  @Test
  void tiedAndUntiedOutputsAndEveryHeadSharingMatchThePlainForward() {
    for (boolean tied : List.of(true, false)) {
      for (int keyValueHeads : List.of(1, 2, 4)) {
        DecoderConfig config = TinyModels.config(tied, keyValueHeads, List.of());
        Path here = directory.resolve(tied + "-" + keyValueHeads);
        try (CausalLm model = TinyModels.load(here, config, 3)) {
          assertMatchesNaive(model, greedy(model), 1e-4);
        }
      }
    }
  }

  @Test
  void bfloat16WeightsKeepTheirTypeAndWidenForTraining() {
    TinyModels.write(directory, CONFIG, 1, "BF16");
    Path saved = directory.resolve("saved");
    try (CausalLm narrow = ModelLoader.load(Loading.forUse(directory, TestDevice.NAME))) {
      Generated sample = greedy(narrow);
      narrow.save(saved);
      assertThat(Safetensors.readCheckpoint(saved).get("model.norm.weight").dtype())
          .isEqualTo("BF16");
      try (CausalLm again = ModelLoader.load(Loading.forUse(saved, TestDevice.NAME))) {
        assertThat(again.digest()).isEqualTo(narrow.digest());
      }
      assertThat(sample.tokenIds()).isNotEmpty();
    }
    try (CausalLm wide = ModelLoader.load(Loading.forTraining(directory, TestDevice.NAME))) {
      assertThat(wide.tensors().get("model.norm.weight").dtype()).isEqualTo("F32");
      assertMatchesNaive(wide, greedy(wide), 1e-4);
    }
  }

  @Test
  void weightsThatDoNotFitTheConfigurationAreRefusedByNameAndFile() {
    TinyModels.write(directory, CONFIG, 1, "F32");
    SortedMap<String, TensorData> tensors = Safetensors.readCheckpoint(directory);
    TreeMap<String, TensorData> missing = new TreeMap<>(tensors);
    missing.remove("model.layers.1.mlp.up_proj.weight");
    assertRefused(missing, "tensor model.layers.1.mlp.up_proj.weight is missing");
    TreeMap<String, TensorData> misshapen = new TreeMap<>(tensors);
    misshapen.put("model.norm.weight", tensors.get("lm_head.weight"));
    assertRefused(misshapen, "tensor model.norm.weight has shape [19, 24]");
    TreeMap<String, TensorData> whole = new TreeMap<>(tensors);
    whole.put(
        "model.norm.weight",
        new TensorData("I32", new long[] {24}, tensors.get("model.norm.weight").content()));
    assertRefused(whole, "tensor model.norm.weight has dtype I32");
    TreeMap<String, TensorData> unexplained = new TreeMap<>(tensors);
    unexplained.put("model.layers.0.self_attn.q_proj.bias", tensors.get("model.norm.weight"));
    assertRefused(
        unexplained,
        "tensor model.layers.0.self_attn.q_proj.bias is not part of the model that config.json");
  }

  @Test
  void tensorsThatFollowFromOthersMayBeThere() {
    DecoderConfig tied = TinyModels.config(true, 2, List.of());
    Path plain = TinyModels.write(directory.resolve("plain"), tied, 1, "F32");
    Path redundant = TinyModels.write(directory.resolve("redundant"), tied, 1, "F32");
    TreeMap<String, TensorData> tensors = new TreeMap<>(Safetensors.readCheckpoint(plain));
    tensors.put("lm_head.weight", tensors.get("model.embed_tokens.weight"));
    tensors.put("model.layers.1.self_attn.rotary_emb.inv_freq", tensors.get("model.norm.weight"));
    Safetensors.write(redundant.resolve(Safetensors.SINGLE_FILE), tensors, Map.of());
    try (CausalLm model = ModelLoader.load(Loading.forUse(plain, TestDevice.NAME));
        CausalLm same = ModelLoader.load(Loading.forUse(redundant, TestDevice.NAME))) {
      assertThat(same.digest()).isEqualTo(model.digest());
    }
  }

  @Test
  void weightsOfSeveralTypesWidenToTheNarrowestThatHoldsAll() {
    TinyModels.write(directory, CONFIG, 1, "BF16");
    TreeMap<String, TensorData> tensors = new TreeMap<>(Safetensors.readCheckpoint(directory));
    ByteBuffer norm = ByteBuffer.allocate(4 * 24).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 24; i++) {
      norm.putFloat(1 + i / 1000f);
    }
    tensors.put("model.norm.weight", new TensorData("F32", new long[] {24}, norm.flip()));
    Safetensors.write(directory.resolve(Safetensors.SINGLE_FILE), tensors, Map.of());
    try (CausalLm model = ModelLoader.load(Loading.forUse(directory, TestDevice.NAME))) {
      assertThat(model.tensors().values()).extracting(TensorData::dtype).containsOnly("F32");
      assertThat(model.tensors().get("model.norm.weight").bytes()).isEqualTo(norm);
      assertMatchesNaive(model, greedy(model), 1e-4);
    }
  }

  @Test
  void aShardedCheckpointThatIsReplacedLeavesNoShardBehind() throws IOException {
    Path saved = directory.resolve("saved");
    try (CausalLm model = TinyModels.load(directory.resolve("first"), CONFIG, 1)) {
      Files.createDirectories(saved);
      Safetensors.writeCheckpoint(saved, model.tensors(), 4000);
      assertThat(names(saved)).hasSizeGreaterThan(3);
      model.save(saved);
      assertThat(names(saved))
          .containsExactly(
              "config.json", "generation_config.json", "model.safetensors", "tokenizer.json");
      try (CausalLm again = ModelLoader.load(Loading.forUse(saved, TestDevice.NAME))) {
        assertThat(again.digest()).isEqualTo(model.digest());
      }
    }
  }

  @Test
  void aTokenizerOfAnotherModelIsRefused() throws IOException {
    TinyModels.write(directory, CONFIG, 1, "F32");
    Files.writeString(directory.resolve("tokenizer.json"), TinyModels.tokenizer(20));
    assertThatThrownBy(() -> ModelLoader.load(Loading.forUse(directory, TestDevice.NAME)))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("20")
        .hasMessageContaining("19");
  }

  private void assertRefused(SortedMap<String, TensorData> tensors, String expected) {
    Path broken = directory.resolve("broken");
    TinyModels.write(broken, CONFIG, 1, "F32");
    Safetensors.write(broken.resolve(Safetensors.SINGLE_FILE), tensors, Map.of());
    assertThatThrownBy(() -> ModelLoader.load(Loading.forUse(broken, TestDevice.NAME)))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(broken.resolve(Safetensors.SINGLE_FILE) + ": " + expected);
  }

  private static void assertMatchesNaive(CausalLm model, Generated sample, double tolerance) {
    int[] prompt = {3, 1, 4};
    int[] all = java.util.Arrays.copyOf(prompt, prompt.length + sample.tokenIds().length);
    System.arraycopy(sample.tokenIds(), 0, all, prompt.length, sample.tokenIds().length);
    double[][] expected =
        new NaiveDecoder(model.config(), model.tensors()).logProbabilities(all, 1);
    for (int t = 0; t < sample.tokenIds().length; t++) {
      assertThat((double) sample.logProbabilities()[t])
          .isCloseTo(expected[prompt.length - 1 + t][sample.tokenIds()[t]], within(tolerance));
    }
  }

  private static Generated greedy(CausalLm model) {
    return model
        .generate(
            List.of(new GenerationRequest(new int[] {3, 1, 4}, new long[] {1})),
            new SamplingParameters(0, 1, 16))
        .get(0)
        .get(0);
  }

  /** Root of the mean square. */
  private static double deviation(CausalLm model, String name) {
    var floats =
        model
            .tensors()
            .get(name)
            .bytes()
            .duplicate()
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
    double squares = 0;
    int count = floats.remaining();
    while (floats.hasRemaining()) {
      float value = floats.get();
      squares += (double) value * value;
    }
    return Math.sqrt(squares / count);
  }
}
