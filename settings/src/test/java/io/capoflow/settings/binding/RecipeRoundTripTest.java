package io.capoflow.settings.binding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;

/** What a run writes down reads back to the same settings. */
class RecipeRoundTripTest {
  /** One key of each type that a text could confuse. */
  public record Values(
      @Key(doc = "t") String text,
      @Key(doc = "n") double number,
      @Key(doc = "w") long whole,
      @Key(doc = "l") List<String> list) {}

  @Property(tries = 300)
  void any_value_survives_the_resolved_recipe(
      @ForAll @StringLength(min = 1, max = 40) String text,
      @ForAll double number,
      @ForAll long whole)
      throws IOException {
    if (!wellFormed(text)) {
      return;
    }
    Path folder = Files.createTempDirectory("recipe");
    try {
      Path file = folder.resolve("r.yaml");
      Values values = new Values(text, number == 0 ? 0 : number, whole, List.of(text, "x"));
      RecipeSchema schema = RecipeSchema.of(Values.class);
      PathContext paths = new PathContext(folder, folder);
      String yaml =
          RecipeYaml.document(
              schema,
              java.util.Map.of(
                  "text", scalar(schema, "text", values.text(), paths),
                  "number", scalar(schema, "number", values.number(), paths),
                  "whole", scalar(schema, "whole", values.whole(), paths),
                  "list",
                      "["
                          + String.join(
                              ", ",
                              values.list().stream()
                                  .map(item -> scalar(schema, "list", item, paths))
                                  .toList())
                          + "]"));
      Files.writeString(file, yaml);
      BoundRecipe<Values> bound = RecipeBinder.of(Values.class, folder).read(file, List.of());
      assertThat(bound.settings()).isEqualTo(values);
      assertThat(bound.yaml()).isEqualTo(yaml);
      Files.delete(file);
    } finally {
      Files.delete(folder);
    }
  }

  /** Unpaired surrogates have no UTF-8, so no recipe can hold them. */
  private static boolean wellFormed(String text) {
    return text.codePoints().noneMatch(c -> c >= 0xD800 && c <= 0xDFFF);
  }

  private static String scalar(RecipeSchema schema, String key, Object value, PathContext paths) {
    return RecipeYaml.scalar(schema.keys().get(key).type(), value, paths);
  }
}
