package io.capoflow.pipelines.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.llama.CausalLm;
import io.capoflow.pipelines.recipe.RecipeBinder;
import io.capoflow.pipelines.recipe.Setting;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    assertThat(progress.get(19).loss()).isLessThan(0.8 * progress.get(0).loss());
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
    try (CausalLm critic = CausalLm.load(directory.resolve("critic"), "cpu")) {
      assertThat(critic.config().hiddenSize()).isEqualTo(32);
    }
  }

  @Test
  void aWarmUpAsLongAsTheTrainingIsTheUsersMistake() {
    assertThatThrownBy(
            () -> recipe("sft-arithmetic-policy", List.of("train.steps=5", "train.warmup_steps=5")))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("train.warmup_steps");
  }

  private String digest(String name) {
    try (CausalLm model = CausalLm.load(directory.resolve(name), "cpu")) {
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
