package io.capoflow.pipelines.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.SftRecipe;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SupervisedWarmStartTest {
  private static final Path HOME = Path.of(System.getProperty("capoflow.home"));
  private static final List<String> SMALL =
      List.of("train.steps=20", "train.warmup_steps=4", "train.batch=16", "model.hidden_size=32");

  @TempDir Path directory;

  @Test
  void twentyStepsLowerTheLoss() {
    List<WarmStartProgress> progress = new ArrayList<>();

    SupervisedWarmStart.run(
        recipe("sft-arithmetic-policy", SMALL), directory.resolve("policy"), progress::add);

    assertThat(progress).hasSize(20);
    assertThat(progress.get(19).step()).isEqualTo(20);
    assertThat(progress.get(19).steps()).isEqualTo(20);
    assertThat(progress.get(0).loss()).isBetween(3.5, 5.0); // about ln of the vocabulary
    assertThat(progress.get(19).loss()).isLessThan(0.9 * progress.get(0).loss());
  }

  @Test
  void equalRecipesGiveEqualWeightsAndOtherSeedsOthers() {
    List<String> few =
        Stream.concat(SMALL.stream(), Stream.of("train.steps=3", "train.warmup_steps=1")).toList();
    SupervisedWarmStart.run(
        recipe("sft-arithmetic-policy", few), directory.resolve("a"), ignored -> {});
    SupervisedWarmStart.run(
        recipe("sft-arithmetic-policy", few), directory.resolve("b"), ignored -> {});
    SupervisedWarmStart.run(
        recipe("sft-arithmetic-policy", Stream.concat(few.stream(), Stream.of("seed=9")).toList()),
        directory.resolve("c"),
        ignored -> {});

    assertThat(digest("a")).isEqualTo(digest("b")).isNotEqualTo(digest("c"));
  }

  @Test
  void whatSavesMemoryIsSetInTheRecipe() {
    List<String> few =
        Stream.concat(SMALL.stream(), Stream.of("train.steps=3", "train.warmup_steps=1")).toList();
    List<String> standard =
        List.of("model.dtype=f32", "train.recompute_layers=false", "train.logit_tokens=1024");
    List<String> frugal =
        List.of("train.part_tokens=300", "train.recompute_layers=true", "train.logit_tokens=50");
    List<String> narrow = List.of("model.dtype=bf16");
    List<Double> losses = new ArrayList<>();
    List.of(
            List.<String>of(),
            standard,
            frugal,
            Stream.concat(frugal.stream(), narrow.stream()).toList())
        .forEach(
            settings ->
                SupervisedWarmStart.run(
                    recipe(
                        "sft-arithmetic-policy",
                        Stream.concat(few.stream(), settings.stream()).toList()),
                    directory.resolve("run" + losses.size() / 3),
                    progress -> losses.add(progress.loss())));

    assertThat(digest("run1")).isEqualTo(digest("run0"));
    assertThat(digest("run2")).isNotEqualTo(digest("run0"));
    assertThat(digest("run3")).isNotEqualTo(digest("run2"));
    for (int step = 0; step < 3; step++) {
      double plain = losses.get(step);
      assertThat(losses.get(6 + step)).isCloseTo(plain, within(1e-4));
      assertThat(losses.get(9 + step)).isNotEqualTo(plain).isCloseTo(plain, within(0.05));
    }
    assertThat(
            Safetensors.readCheckpoint(directory.resolve("run3")).values().stream()
                .map(TensorData::dtype)
                .distinct())
        .containsExactly("F32");
  }

  @Test
  void aCriticStartsFromAPolicy() {
    List<String> one =
        List.of("train.steps=1", "train.warmup_steps=0", "train.batch=4", "model.hidden_size=32");
    SupervisedWarmStart.run(
        recipe("sft-arithmetic-policy", one), directory.resolve("policy"), ignored -> {});
    List<WarmStartProgress> progress = new ArrayList<>();
    List<String> from =
        List.of(
            "train.steps=2",
            "train.warmup_steps=0",
            "train.batch=4",
            "model.initial=" + directory.resolve("policy"));

    SupervisedWarmStart.run(
        recipe("sft-arithmetic-critic", from), directory.resolve("critic"), progress::add);

    assertThat(progress).hasSize(2);
    assertThat(digest("critic")).isNotEqualTo(digest("policy"));
    try (CausalLm critic = ModelLoader.load(Loading.forUse(directory.resolve("critic"), "cpu"))) {
      assertThat(critic.config().hiddenSize()).isEqualTo(32);
    }
  }

  @Test
  void aRateTooHighIsTheUsersMistakeAndLeavesTheOutputAlone() throws IOException {
    Path output = Files.createDirectories(directory.resolve("output"));
    SftRecipe recipe =
        recipe(
            "sft-arithmetic-policy",
            Stream.concat(
                    SMALL.stream(), Stream.of("train.warmup_steps=0", "train.learning_rate=1e30"))
                .toList());

    assertThatThrownBy(() -> SupervisedWarmStart.run(recipe, output, ignored -> {}))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("training diverged")
        .hasMessageContaining("lower train.learning_rate")
        .hasMessageNotContaining("\n");
    assertThat(output).isEmptyDirectory();
  }

  @Test
  void aHalfPrecisionStartIsWidenedForTraining() throws IOException {
    List<String> one =
        List.of("train.steps=1", "train.warmup_steps=0", "train.batch=4", "model.hidden_size=32");
    Path start = directory.resolve("start");
    SupervisedWarmStart.run(recipe("sft-arithmetic-policy", one), start, ignored -> {});
    Path weights = start.resolve(Safetensors.SINGLE_FILE);
    SortedMap<String, TensorData> halved = new TreeMap<>();
    Safetensors.read(weights).forEach((name, tensor) -> halved.put(name, bfloat16(tensor)));
    Safetensors.write(weights, halved, Map.of());

    SupervisedWarmStart.run(
        recipe(
            "sft-arithmetic-critic",
            List.of(
                "train.steps=1",
                "train.warmup_steps=0",
                "train.batch=4",
                "train.learning_rate=1e-7",
                "model.initial=" + start)),
        directory.resolve("tuned"),
        ignored -> {});

    assertThat(
            Safetensors.readCheckpoint(directory.resolve("tuned")).values().stream()
                .map(TensorData::dtype)
                .distinct())
        .containsExactly("F32");
  }

  /** The upper half of every float32: bfloat16, rounded towards zero. */
  private static TensorData bfloat16(TensorData tensor) {
    ByteBuffer wide = tensor.bytes().duplicate().rewind().order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer narrow = ByteBuffer.allocate(wide.remaining() / 2).order(ByteOrder.LITTLE_ENDIAN);
    while (wide.hasRemaining()) {
      narrow.putShort((short) (wide.getInt() >>> 16));
    }
    return new TensorData("BF16", tensor.shape(), narrow.flip());
  }

  @Test
  void aWarmUpAsLongAsTheTrainingIsTheUsersMistake() {
    assertThatThrownBy(
            () -> recipe("sft-arithmetic-policy", List.of("train.steps=5", "train.warmup_steps=5")))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("train.warmup_steps");
  }

  private String digest(String name) {
    try (CausalLm model = ModelLoader.load(Loading.forUse(directory.resolve(name), "cpu"))) {
      return model.digest();
    }
  }

  private static SftRecipe recipe(String name, List<String> settings) {
    return RecipeBinder.of(SftRecipe.class, HOME)
        .load(
            HOME.resolve("recipes/" + name + ".yaml"),
            settings.stream().map(Setting::parse).toList())
        .settings();
  }
}
