package io.capoflow.pipelines.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
            "  seed                         Key of every random draw of the run (whole number of at"
                + " least 0; default 0)\n")
        .contains(
            "  policy.path                  Starting policy, a Hugging Face model directory (path;"
                + " required)\n");
    binder
        .read(HOME.resolve("recipes/arithmetic.yaml"), List.of())
        .values()
        .keySet()
        .forEach(key -> assertThat(help).containsPattern("(?m)^  " + key + "  +[A-Za-z]"));
  }
}
