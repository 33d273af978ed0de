package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.AdapterMerge;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.FullForward;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.ScalarType;
import io.capoflow.models.tensor.TestDevice;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Trains a little on each family, saves what it got in every form there is, and beside each the
 * logits that it gives here. With {@code -Dcapoflow.export=DIRECTORY} all of it stays there, for
 * {@code src/test/python/transformers_parity.py} to load with transformers and PEFT.
 */
class ExportForOthersTest {
  private static final LoraSettings LORA = LoraSettings.of(4, 6, LoraTarget.all());
  private static final int[][] IDS = {{6, 60, 17, 8, 33, 21, 9, 40, 40, 12}};

  @TempDir Path temporary;

  static List<ReferenceCase> cases() {
    return ReferenceCase.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatIsSavedGivesTheLogitsOfWhatWasTrained(ReferenceCase reference) {
    Path directory =
        Optional.ofNullable(System.getProperty("capoflow.export"))
            .map(Path::of)
            .orElse(temporary)
            .resolve(reference.toString());
    Path trained = directory.resolve("trained");
    try (CausalLm model =
        ModelLoader.load(Loading.forTraining(reference.directory(), TestDevice.NAME))) {
      train(model);
      model.save(trained);
      export(directory, "trained", model);
    }
    try (CausalLm again = ModelLoader.load(Loading.forUse(trained, TestDevice.NAME))) {
      assertThat(logits(again)).isEqualTo(exported(directory, "trained"));
    }

    Path adapter = directory.resolve("adapter");
    try (CausalLm model =
        ModelLoader.load(
            Loading.forTraining(reference.directory(), TestDevice.NAME)
                .withAdapter(LORA, 7)
                .in(Precision.F32))) {
      float[] before = logits(model);
      train(model);
      model.save(adapter);
      export(directory, "adapter", model);
      assertThat(exported(directory, "adapter")).isNotEqualTo(before);
    }

    BiConsumer<String, Optional<ScalarType>> merge =
        (name, dtype) -> {
          AdapterMerge.write(ModelDirectory.of(adapter), directory.resolve(name), dtype);
          try (CausalLm model =
              ModelLoader.load(Loading.forTraining(directory.resolve(name), TestDevice.NAME))) {
            export(directory, name, model);
          }
        };
    merge.accept("merged", Optional.of(ScalarType.F32));
    merge.accept("merged-bf16", Optional.of(ScalarType.BF16));
    assertThat(exported(directory, "merged"))
        .containsExactly(exported(directory, "adapter"), within(1e-4f));
    try (CausalLm again =
        ModelLoader.load(Loading.forTraining(adapter, TestDevice.NAME).in(Precision.F32))) {
      assertThat(logits(again)).isEqualTo(exported(directory, "adapter"));
    }
    try (CausalLm narrow =
        ModelLoader.load(
            Loading.forUse(directory.resolve("merged-bf16"), TestDevice.NAME).in(Precision.F32))) {
      assertThat(logits(narrow)).isEqualTo(exported(directory, "merged-bf16"));
    }
  }

  private static void train(CausalLm model) {
    try (PolicyLearner learner =
        new PolicyLearner(
            model,
            Optional.empty(),
            ObjectiveSettings.standard(0, 1),
            Samples.ADAMW,
            Layout.PACKED,
            Optional.empty())) {
      for (int step = 0; step < 3; step++) {
        List<TrainingSequence> batch = Samples.sequences(step);
        learner.accumulate(batch, learner.logProbabilities(batch), new float[0][], batch.size());
        learner.apply(1e-2);
      }
    }
  }

  private static float[] logits(CausalLm model) {
    try (FullForward forward =
        new FullForward(model, model.hasAdapter() ? LORA : LoraSettings.NONE)) {
      return forward.logits(IDS);
    }
  }

  private static Path logitsFile(Path directory, String name) {
    return directory.resolve(name + ".logits.safetensors");
  }

  /** {@code ids} I64 [rows, time] and {@code logits} F32 [rows, time, vocabulary]. */
  private static void export(Path directory, String name, CausalLm model) {
    int time = IDS[0].length;
    ByteBuffer ids = buffer(Long.BYTES * time);
    Arrays.stream(IDS[0]).forEach(ids::putLong);
    float[] values = logits(model);
    ByteBuffer logits = buffer(Float.BYTES * values.length);
    for (float value : values) {
      logits.putFloat(value);
    }
    Safetensors.write(
        logitsFile(directory, name),
        new TreeMap<>(
            Map.of(
                "ids", new TensorData("I64", new long[] {1, time}, ids.flip()),
                "logits",
                    new TensorData(
                        "F32",
                        new long[] {1, time, model.config().vocabularySize()},
                        logits.flip()))),
        Map.of());
  }

  private static float[] exported(Path directory, String name) {
    ByteBuffer bytes = Safetensors.read(logitsFile(directory, name)).get("logits").bytes();
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
