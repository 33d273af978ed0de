package io.capoflow.settings.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.chat.Instructions;
import io.capoflow.models.chat.PromptFormat;
import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.learning.AdamWSettings;
import io.capoflow.models.learning.LearningRateSchedule;
import io.capoflow.models.learning.ObjectiveSettings;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.transforms.credit.CreditSettings;
import io.capoflow.verifiers.VerifierOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ShippedRecipesTest {
  private static final Path HOME = Path.of(System.getProperty(RecipeBinder.HOME_PROPERTY));
  private final RecipeBinder<TrainingRecipe> binder = RecipeBinder.of(TrainingRecipe.class);

  @Test
  void the_baseline_differs_from_capo_in_credit_and_critics_alone() {
    BoundRecipe<TrainingRecipe> capo =
        binder.read(HOME.resolve("recipes/arithmetic.yaml"), List.of());
    BoundRecipe<TrainingRecipe> grpo =
        binder.read(HOME.resolve("recipes/arithmetic-grpo.yaml"), List.of());
    Map<String, String> changed = new LinkedHashMap<>();
    grpo.values()
        .forEach(
            (key, value) -> {
              if (!value.equals(capo.values().get(key))) {
                changed.put(key, capo.values().get(key) + " -> " + value);
              }
            });
    assertThat(changed)
        .containsExactly(
            Map.entry("name", "arithmetic -> arithmetic-grpo"),
            Map.entry("critique.enabled", "true -> false"),
            Map.entry("credit.scheme", "capo -> grpo"));
  }

  @Test
  void the_published_models_recipe_reads_and_its_problems_lie_beside_it() {
    TrainingRecipe recipe =
        binder.read(HOME.resolve("recipes/smollm2-sums.yaml"), List.of()).settings();
    assertThat(recipe.problems().file()).hasValueSatisfying(file -> assertThat(file).exists());
    assertThat(recipe.policyPrompts().system())
        .isEqualTo("You answer with a number and nothing else.");
  }

  @Test
  void the_recipes_for_critique_datasets_name_a_critic_and_its_rollouts_lie_beside_them() {
    CritiqueRecipe inProcess =
        CritiqueRecipe.binder()
            .read(HOME.resolve("recipes/critique-arithmetic.yaml"), List.of())
            .settings();
    assertThat(inProcess.critique().path()).hasValueSatisfying(path -> assertThat(path).exists());
    assertThat(inProcess.critique().times()).isEqualTo(4);
    assertThat(HOME.resolve("recipes/running-sums.jsonl")).isRegularFile();
    assertThat(HOME.resolve("recipes/running-sums-labelled.jsonl")).isRegularFile();

    CritiqueRecipe served =
        CritiqueRecipe.binder()
            .read(HOME.resolve("recipes/critique-served.yaml"), List.of())
            .settings();
    assertThat(served.critique().server().used()).isTrue();
    assertThat(served.critique().asked().templateName()).isEqualTo("capo");
    assertThat(served.critique().times()).isEqualTo(4);
  }

  @Test
  void the_usual_instructions_go_by_name_and_an_unset_one_is_none() {
    TrainingRecipe recipe =
        binder
            .read(
                HOME.resolve("recipes/arithmetic.yaml"),
                List.of(
                    Setting.parse("problems.instruction=boxed"),
                    Setting.parse("policy.prompt_format=plain")))
            .settings();
    assertThat(recipe.policyPrompts())
        .isEqualTo(
            new PromptSettings(
                PromptFormat.PLAIN,
                List.of(),
                "",
                "Please reason step by step, and put your final answer within \\boxed{}."));
    assertThat(Instructions.named("gsm8k")).contains("after \"####\"");
    assertThat(Instructions.named("Box it.")).isEqualTo("Box it.");
  }

  @Test
  void settings_reach_the_learner_as_the_recipe_writes_them() {
    TrainingRecipe recipe =
        binder
            .read(
                HOME.resolve("recipes/arithmetic.yaml"),
                List.of(
                    Setting.parse("train.schedule=cosine"),
                    Setting.parse("train.schedule_steps=100"),
                    Setting.parse("train.warmup_steps=10"),
                    Setting.parse("train.floor=0.1"),
                    Setting.parse("train.clip_high=0.28"),
                    Setting.parse("train.aggregation=token_mean"),
                    Setting.parse("critique.template=file:./mine.txt")))
            .settings();
    assertThat(recipe.train().learningRates())
        .isEqualTo(new LearningRateSchedule(LearningRateSchedule.Kind.COSINE, 3e-4, 10, 100, 0.1));
    assertThat(recipe.train().optimizer().settings())
        .isEqualTo(new AdamWSettings(0.9, 0.95, 1e-8, 0, 1));
    assertThat(recipe.train().objective(recipe.sample().sampling().temperature()))
        .isEqualTo(
            new ObjectiveSettings(
                0.2,
                0.28,
                3,
                0.01,
                ObjectiveSettings.KlEstimator.K3,
                1,
                ObjectiveSettings.LossAggregation.TOKEN_MEAN));
    assertThat(recipe.sample().sampling().parameters()).isEqualTo(new SamplingParameters(1, 1, 96));
    assertThat(recipe.critique().sampling().parameters())
        .isEqualTo(new SamplingParameters(0.7, 1, 192));
    assertThat(recipe.critique().template())
        .isEqualTo("file:" + Path.of("mine.txt").toAbsolutePath());
    assertThat(recipe.credit().settings())
        .isEqualTo(new CreditSettings(2, 1, CreditSettings.Normalisation.TOKEN, 0));
    assertThat(recipe.verify().options()).isEqualTo(VerifierOptions.strict());
  }

  @Test
  void verifiers_by_source_reach_the_options_and_read_back() throws IOException {
    BoundRecipe<TrainingRecipe> bound =
        binder.read(
            HOME.resolve("recipes/arithmetic.yaml"),
            List.of(
                Setting.parse("verify.verifier=by_source"),
                Setting.parse("verify.by_source=[gsm8k=numeric, \"*=math\"]")));
    assertThat(bound.settings().verify().options().bySource())
        .isEqualTo(Map.of("gsm8k", "numeric", "*", "math"));
    Path written = Files.createTempFile("recipe", ".yaml");
    Files.writeString(written, bound.yaml());
    assertThat(binder.read(written, List.of()).settings().verify())
        .isEqualTo(bound.settings().verify());
    Files.delete(written);
  }

  @Test
  void every_option_of_a_verifier_has_a_key() {
    VerifierOptions options =
        binder
            .read(
                HOME.resolve("recipes/arithmetic.yaml"),
                Stream.of(
                        "verify.verifier=by_source",
                        "verify.mode=lenient",
                        "verify.answer_tag=true",
                        "verify.approx_digits=3",
                        "verify.literal_only=true",
                        "verify.by_source=[a=math]")
                    .map(Setting::parse)
                    .toList())
            .settings()
            .verify()
            .options();
    assertThat(options)
        .isEqualTo(
            new VerifierOptions(
                VerifierOptions.Mode.LENIENT,
                0,
                true,
                3,
                true,
                new TreeMap<>(Map.of("a", "math"))));
  }

  @Test
  void a_table_of_sources_without_its_verifier_or_with_an_unknown_one_is_a_mistake() {
    assertThatThrownBy(() -> verifying("verify.by_source=[gsm8k=numeric]"))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(
            "verify.by_source: is set, but verify.verifier is math; write verifier: by_source");
    assertThatThrownBy(
            () -> verifying("verify.verifier=by_source", "verify.by_source=[gsm8k=numerik]"))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("verify.by_source: unknown verifier 'numerik'; did you mean");
  }

  private void verifying(String... settings) {
    binder.read(
        HOME.resolve("recipes/arithmetic.yaml"), Stream.of(settings).map(Setting::parse).toList());
  }

  @Test
  void the_documentation_lists_every_key_as_the_annotations_do() throws IOException {
    Path page = HOME.resolve("docs/recipes.md");
    String start = "<!-- keys: generated from the annotations of TrainingRecipe -->\n";
    String end = "<!-- end of keys -->";
    String text = Files.readString(page);
    assertThat(text).contains(start, end);
    String expected =
        text.substring(0, text.indexOf(start) + start.length())
            + "\n"
            + binder.help().markdown()
            + "\n"
            + text.substring(text.indexOf(end));
    if (Boolean.getBoolean("capoflow.write.docs")) {
      Files.writeString(page, expected);
    }
    assertThat(Files.readString(page))
        .as("the page is out of date: run this test with -Dcapoflow.write.docs=true")
        .isEqualTo(expected);
  }

  @Test
  void the_terminals_help_has_a_line_for_every_key() {
    String help = binder.help().text();
    assertThat(help)
        .contains(
            "  seed                          Key of every random draw of the run (whole number of at"
                + " least 0; default 0)\n")
        .contains(
            "  policy.path                   Starting policy, a Hugging Face model directory (path;"
                + " required)\n");
    binder
        .read(HOME.resolve("recipes/arithmetic.yaml"), List.of())
        .values()
        .keySet()
        .forEach(key -> assertThat(help).containsPattern("(?m)^  " + key + "  +[A-Za-z]"));
  }
}
