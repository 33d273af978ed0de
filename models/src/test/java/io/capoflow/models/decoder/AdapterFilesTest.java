package io.capoflow.models.decoder;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.critic.Critic;
import io.capoflow.models.critic.CriticSpec;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.learning.Layout;
import io.capoflow.models.learning.LogDistributions;
import io.capoflow.models.learning.TrainingSequence;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.lora.PeftConfig;
import io.capoflow.models.tensor.ScalarType;
import io.capoflow.models.tensor.TensorDigest;
import io.capoflow.models.tensor.TestDevice;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters as files: what is written, what is refused, and what a merge makes of them. */
class AdapterFilesTest {
  private static final DecoderConfig CONFIG = TinyModels.config();
  private static final LoraSettings LORA =
      LoraSettings.of(3, 6, List.of(LoraTarget.Q_PROJ, LoraTarget.K_PROJ, LoraTarget.UP_PROJ));
  private static final String FIRST_A =
      "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";

  @TempDir Path directory;
  private Path base;
  private Path adapter;

  @BeforeEach
  void writeBaseAndAdapter() {
    base = TinyModels.write(directory.resolve("base"), CONFIG, 1, "F32");
    adapter = directory.resolve("adapter");
    writeAdapter(drawn());
  }

  @Test
  void aFreshAdaptersFilesAreLaidOutAsPefts() throws IOException {
    Path saved = directory.resolve("run/saved");
    try (CausalLm model =
        ModelLoader.load(Loading.forTraining(base, TestDevice.NAME).withAdapter(LORA, 5))) {
      model.save(saved);
    }

    try (Stream<Path> files = Files.list(saved)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("adapter_config.json", "adapter_model.safetensors");
    }
    assertThat(PeftConfig.read(saved)).isEqualTo(new PeftConfig("../../base", LORA));
    byte[] bytes = Files.readAllBytes(saved.resolve("adapter_model.safetensors"));
    int header = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    // Name order, 24 -> rank 3 -> 24, 12 or 40; A and B follow each other without a hole.
    assertThat(new String(bytes, Long.BYTES, header, UTF_8).stripTrailing())
        .isEqualTo(
            "{\"__metadata__\":{\"capoflow.base_digest\":\""
                + TensorDigest.of(Safetensors.readCheckpoint(base))
                + "\",\"format\":\"pt\"},"
                + entry("0.mlp.up_proj.lora_A", "3,24", 0, 288)
                + entry("0.mlp.up_proj.lora_B", "40,3", 288, 768)
                + entry("0.self_attn.k_proj.lora_A", "3,24", 768, 1056)
                + entry("0.self_attn.k_proj.lora_B", "12,3", 1056, 1200)
                + entry("0.self_attn.q_proj.lora_A", "3,24", 1200, 1488)
                + entry("0.self_attn.q_proj.lora_B", "24,3", 1488, 1776)
                + entry("1.mlp.up_proj.lora_A", "3,24", 1776, 2064)
                + entry("1.mlp.up_proj.lora_B", "40,3", 2064, 2544)
                + entry("1.self_attn.k_proj.lora_A", "3,24", 2544, 2832)
                + entry("1.self_attn.k_proj.lora_B", "12,3", 2832, 2976)
                + entry("1.self_attn.q_proj.lora_A", "3,24", 2976, 3264)
                + entry("1.self_attn.q_proj.lora_B", "24,3", 3264, 3552).replaceAll(",$", "}"));
    assertThat(bytes).hasSize(Long.BYTES + header + 3552);
  }

  @Test
  void aFreshAdapterIsUniformInAAndZeroInB() {
    try (CausalLm model =
            ModelLoader.load(Loading.forTraining(base, TestDevice.NAME).withAdapter(LORA, 5));
        CausalLm same =
            ModelLoader.load(Loading.forTraining(base, TestDevice.NAME).withAdapter(LORA, 5));
        CausalLm other =
            ModelLoader.load(Loading.forTraining(base, TestDevice.NAME).withAdapter(LORA, 6))) {
      double bound = 1 / Math.sqrt(24);
      float largest = 0;
      for (Map.Entry<String, TensorData> tensor : model.trainable().data().entrySet()) {
        for (float value : floats(tensor.getValue())) {
          if (tensor.getKey().contains("lora_B")) {
            assertThat(value).isZero();
          } else {
            assertThat(Math.abs(value)).isLessThanOrEqualTo((float) bound);
            largest = Math.max(largest, Math.abs(value));
          }
        }
      }
      assertThat(largest).isGreaterThan((float) (0.95 * bound));
      assertThat(same.digest()).isEqualTo(model.digest());
      assertThat(other.digest()).isNotEqualTo(model.digest());
      assertThat(other.tensors().keySet()).isEqualTo(model.tensors().keySet());
    }
  }

  @Test
  void theDigestCoversAdapterScaleAndBase() {
    String digest = ModelDigest.of(adapter);
    try (CausalLm model = ModelLoader.load(Loading.forTraining(adapter, TestDevice.NAME))) {
      assertThat(model.digest()).isEqualTo(digest);
    }
    new PeftConfig("../base", LoraSettings.of(3, 7, LORA.targets())).write(adapter);
    assertThat(ModelDigest.of(adapter)).isNotEqualTo(digest);
    new PeftConfig("../base", LORA).write(adapter);
    assertThat(ModelDigest.of(adapter)).isEqualTo(digest);
    TinyModels.write(base, CONFIG, 2, "F32");
    assertThat(ModelDigest.of(adapter)).isNotEqualTo(digest);
  }

  @Test
  void anAdapterOfOursKnowsItsBase() {
    Path saved = directory.resolve("saved");
    try (CausalLm model = ModelLoader.load(Loading.forTraining(adapter, TestDevice.NAME))) {
      model.save(saved);
    }
    assertThat(ModelDigest.of(saved)).isEqualTo(ModelDigest.of(adapter));
    TinyModels.write(base, CONFIG, 2, "F32");
    assertThatThrownBy(() -> ModelDigest.of(saved))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("was trained on another base than " + base);
    assertThatThrownBy(
            () ->
                AdapterMerge.write(
                    ModelDirectory.of(saved), directory.resolve("merged"), Optional.empty()))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("another base");
  }

  @Test
  void aBaseThatIsNotThereIsNamed() {
    new PeftConfig("meta-llama/Llama-3.2-1B", LORA).write(adapter);
    assertThatThrownBy(() -> ModelLoader.load(Loading.forUse(adapter, TestDevice.NAME)))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("base_model_name_or_path is \"meta-llama/Llama-3.2-1B\"");
  }

  @Test
  void tensorsThatCarryTheAdaptersNameAreRead() {
    String digest = ModelDigest.of(adapter);
    TreeMap<String, TensorData> named = new TreeMap<>();
    drawn()
        .forEach((name, tensor) -> named.put(name.replace(".weight", ".default.weight"), tensor));
    writeAdapter(named);
    assertThat(ModelDigest.of(adapter)).isEqualTo(digest);
  }

  @Test
  void aMissingMisshapenOrUnknownTensorIsNamedWithItsFile() {
    Path file = adapter.resolve("adapter_model.safetensors");
    SortedMap<String, TensorData> missing = drawn();
    TensorData first = missing.remove(FIRST_A);
    assertRefused(missing, file + ": tensor " + FIRST_A + " is missing");

    SortedMap<String, TensorData> misshapen = drawn();
    misshapen.put(FIRST_A, new TensorData("F32", new long[] {24, 3}, first.bytes()));
    assertRefused(misshapen, file + ": tensor " + FIRST_A + " has shape [24, 3]");

    SortedMap<String, TensorData> unknown = drawn();
    unknown.put("base_model.model.lm_head.lora_A.weight", first);
    assertRefused(unknown, "tensor base_model.model.lm_head.lora_A.weight is none that");
  }

  @Test
  void aCriticMayBeAnAdapter() {
    CriticSpec spec = critic(adapter);
    assertThat(spec.identity()).isNotEqualTo(critic(base).identity());
    try (Critic critic = spec.open()) {
      assertThat(critic.identity()).isEqualTo(spec.identity());
    }
    TinyModels.write(base, CONFIG, 2, "F32");
    assertThat(critic(adapter).identity()).isNotEqualTo(spec.identity());
  }

  private static CriticSpec critic(Path directory) {
    return CriticSpec.of(
        directory, TestDevice.NAME, "capo", "blank_line", new SamplingParameters(1, 1, 8), 4);
  }

  @Test
  void anAdapterOfAnotherFormIsNotTrainedOn() {
    assertThatThrownBy(
            () ->
                ModelLoader.load(
                    Loading.forTraining(adapter, TestDevice.NAME)
                        .withAdapter(LoraSettings.of(4, 6, LORA.targets()), 1)))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("an adapter of another form");
  }

  @Test
  void theMergedCheckpointGivesTheLogitsOfBaseAndAdapter() throws IOException {
    Path output = directory.resolve("merged");
    AdapterMerge.Result result =
        AdapterMerge.write(ModelDirectory.of(adapter), output, Optional.empty());

    assertThat(result).isEqualTo(new AdapterMerge.Result(6, 21, "F32"));
    assertThat(output.resolve("config.json")).hasSameBinaryContentAs(base.resolve("config.json"));
    assertThat(output.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(base.resolve("tokenizer.json"));
    int[] ids = IntStream.range(0, 40).map(t -> (7 * t + 3) % CONFIG.vocabularySize()).toArray();
    try (CausalLm apart = ModelLoader.load(Loading.forTraining(adapter, TestDevice.NAME));
        CausalLm merged = ModelLoader.load(Loading.forUse(output, TestDevice.NAME));
        CausalLm plain = ModelLoader.load(Loading.forUse(base, TestDevice.NAME))) {
      float[] expected = logDistribution(apart, ids);
      assertThat(logDistribution(merged, ids)).containsExactly(expected, within(1e-4f));
      // The adapter is no small correction: a merge that left it out would show.
      assertThat(largestDifference(logDistribution(plain, ids), expected)).isGreaterThan(0.5);
      SortedMap<String, TensorData> kept = plain.tensors();
      merged
          .tensors()
          .forEach(
              (name, tensor) ->
                  assertThat(tensor.bytes().equals(kept.get(name).bytes()))
                      .as(name)
                      .isEqualTo(
                          !(name.contains("q_proj")
                              || name.contains("k_proj")
                              || name.contains("up_proj"))));
    }
  }

  @Test
  void anAdapterThatUseMergedIsSavedAsAPlainCheckpoint() throws IOException {
    Path merged = directory.resolve("merged");
    AdapterMerge.write(ModelDirectory.of(adapter), merged, Optional.empty());
    Path saved = directory.resolve("saved");
    try (CausalLm use = ModelLoader.load(Loading.forUse(adapter, TestDevice.NAME));
        CausalLm expected = ModelLoader.load(Loading.forUse(merged, TestDevice.NAME))) {
      assertThat(use.hasAdapter()).isFalse();
      use.save(saved);
      try (CausalLm again = ModelLoader.load(Loading.forUse(saved, TestDevice.NAME))) {
        assertThat(again.digest()).isEqualTo(use.digest()).isEqualTo(expected.digest());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void aMergeIntoHalfPrecisionRoundsTheSumOnce(ScalarType dtype) throws IOException {
    Path wide = directory.resolve("wide");
    Path narrow = directory.resolve("narrow");
    AdapterMerge.write(ModelDirectory.of(adapter), wide, Optional.of(ScalarType.F32));
    AdapterMerge.write(ModelDirectory.of(adapter), narrow, Optional.of(dtype));

    assertThat(Files.readString(narrow.resolve("config.json")))
        .contains(dtype == ScalarType.F16 ? "\"float16\"" : "\"bfloat16\"");
    SortedMap<String, TensorData> rounded = Safetensors.readCheckpoint(narrow);
    Safetensors.readCheckpoint(wide)
        .forEach(
            (name, tensor) -> {
              assertThat(rounded.get(name).dtype()).isEqualTo(dtype.name());
              float[] values = floats(tensor);
              ByteBuffer bits =
                  rounded.get(name).bytes().duplicate().order(ByteOrder.LITTLE_ENDIAN);
              for (int i = 0; i < values.length; i++) {
                assertThat(bits.getShort(2 * i))
                    .isEqualTo(dtype == ScalarType.F16 ? toF16(values[i]) : toBf16(values[i]));
              }
            });
    try (CausalLm model = ModelLoader.load(Loading.forUse(narrow, TestDevice.NAME))) {
      assertThat(model.trainable().type()).isEqualTo(dtype);
    }
  }

  @Test
  void aBaseInHalfPrecisionKeepsItsAdapterApart() {
    TinyModels.write(base, CONFIG, 1, "BF16");
    try (CausalLm use = ModelLoader.load(Loading.forUse(adapter, TestDevice.NAME));
        CausalLm training = ModelLoader.load(Loading.forTraining(adapter, TestDevice.NAME))) {
      assertThat(use.trainable().type()).isEqualTo(ScalarType.F32);
      assertThat(use.trainable().names()).hasSize(12);
      assertThat(use.tensors().values()).allMatch(tensor -> tensor.dtype().equals("BF16"));
      int[] ids = {3, 4, 5, 6, 7};
      assertThat(logDistribution(use, ids)).isEqualTo(logDistribution(training, ids));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "folder"})
  void aMergeOverwritesNothing(String kind) throws IOException {
    Path output = directory.resolve("there");
    if (kind.equals("file")) {
      Files.writeString(output, "mine");
    } else {
      Files.createDirectories(output);
      Files.writeString(output.resolve("mine"), "mine");
    }
    assertThatThrownBy(
            () -> AdapterMerge.write(ModelDirectory.of(adapter), output, Optional.empty()))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(output.toString());
  }

  @Test
  void aCheckpointNeedsNoMerging() {
    assertThatThrownBy(
            () ->
                AdapterMerge.write(
                    ModelDirectory.of(base), directory.resolve("merged"), Optional.empty()))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("a checkpoint needs no merging");
    assertThat(directory.resolve("merged")).doesNotExist();
  }

  private void assertRefused(SortedMap<String, TensorData> tensors, String message) {
    writeAdapter(tensors);
    assertThatThrownBy(() -> ModelLoader.load(Loading.forUse(adapter, TestDevice.NAME)))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(message)
        .message()
        .hasLineCount(1);
  }

  private void writeAdapter(SortedMap<String, TensorData> tensors) {
    new PeftConfig("../base", LORA).write(adapter);
    Safetensors.write(adapter.resolve("adapter_model.safetensors"), tensors, Map.of());
  }

  /** A and B both far from zero. */
  private static SortedMap<String, TensorData> drawn() {
    TreeMap<String, TensorData> tensors = new TreeMap<>();
    AdapterWeights.draw(CONFIG, LORA, 9)
        .forEach(
            (name, tensor) -> {
              ByteBuffer bytes =
                  ByteBuffer.allocate(tensor.bytes().remaining()).order(ByteOrder.LITTLE_ENDIAN);
              for (int i = 0; i < bytes.capacity() / Float.BYTES; i++) {
                bytes.putFloat(0.4f * (float) Math.sin(1 + i + name.hashCode() % 100));
              }
              tensors.put(name, new TensorData("F32", tensor.shape(), bytes.flip()));
            });
    return tensors;
  }

  private static String entry(String name, String shape, int begin, int end) {
    return "\"base_model.model.model.layers.%s.weight\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%d,%d]},"
        .formatted(name, shape, begin, end);
  }

  /** Of all tokens at every position but the first. */
  private static float[] logDistribution(CausalLm model, int[] ids) {
    int[] prompt = Arrays.copyOf(ids, 1);
    int[] response = Arrays.copyOfRange(ids, 1, ids.length);
    return LogDistributions.of(
        model,
        List.of(new TrainingSequence(prompt, response, new float[response.length])),
        Layout.PADDED);
  }

  private static double largestDifference(float[] left, float[] right) {
    return IntStream.range(0, left.length)
        .mapToDouble(i -> Math.abs(left[i] - right[i]))
        .max()
        .orElseThrow();
  }

  private static float[] floats(TensorData tensor) {
    var values = tensor.bytes().duplicate().rewind().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    float[] floats = new float[values.remaining()];
    values.get(floats);
    return floats;
  }

  /** Nearest, ties to even. */
  private static short toBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
  }

  /** The same for float16; the value is far below its largest. */
  private static short toF16(float value) {
    int sign = value < 0 ? 0x8000 : 0;
    double magnitude = Math.abs((double) value);
    int exponent = Math.max(-14, magnitude == 0 ? -14 : Math.getExponent(magnitude));
    double scaled = Math.rint(Math.scalb(magnitude, 10 - exponent));
    // A mantissa that was rounded up to 2048 carries into the exponent.
    int bits = (int) scaled + ((exponent + 14) << 10);
    return (short) (sign | bits);
  }
}
