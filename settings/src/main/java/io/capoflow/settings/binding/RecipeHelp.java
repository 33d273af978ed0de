package io.capoflow.settings.binding;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Every key of a recipe with its default, meaning and kind. */
public final class RecipeHelp {
  private final RecipeSchema schema;
  private final Map<String, String> defaults;

  RecipeHelp(RecipeSchema schema, Map<String, String> defaults) {
    this.schema = schema;
    this.defaults = Map.copyOf(defaults);
  }

  /** For a terminal: a line a key, sections apart. */
  public String text() {
    int width = schema.keys().keySet().stream().mapToInt(String::length).max().orElse(0);
    StringBuilder out = new StringBuilder();
    for (RecipeSchema.SectionSpec section : sectionsInOrder()) {
      List<RecipeSchema.KeySpec> keys = keysOf(section);
      if (!section.path().isEmpty()) {
        out.append('\n').append(section.doc()).append('\n');
      }
      for (RecipeSchema.KeySpec key : keys) {
        out.append("  ")
            .append(key.path())
            .append(" ".repeat(width - key.path().length() + 2))
            .append(key.doc())
            .append(" (")
            .append(expectation(key))
            .append("; ")
            .append(defaultOf(key))
            .append(")\n");
      }
    }
    return out.toString();
  }

  /** For {@code docs/recipes.md}: a table a section. */
  public String markdown() {
    StringBuilder out = new StringBuilder();
    for (RecipeSchema.SectionSpec section : sectionsInOrder()) {
      List<RecipeSchema.KeySpec> keys = keysOf(section);
      if (keys.isEmpty()) {
        continue;
      }
      out.append(section.path().isEmpty() ? "### Top level" : "### `" + section.path() + "`")
          .append("\n\n");
      if (!section.doc().isEmpty()) {
        out.append(section.doc()).append(".\n\n");
      }
      out.append("| key | default | expects | kind | meaning |\n|---|---|---|---|---|\n");
      for (RecipeSchema.KeySpec key : keys) {
        out.append("| `")
            .append(key.name())
            .append("` | ")
            .append(markdownDefault(key))
            .append(" | ")
            .append(cell(expectation(key)))
            .append(" | ")
            .append(key.kind().label())
            .append(" | ")
            .append(cell(key.doc()))
            .append(" |\n");
      }
      out.append('\n');
    }
    return out.toString().stripTrailing() + "\n";
  }

  private List<RecipeSchema.SectionSpec> sectionsInOrder() {
    return schema.sections().values().stream()
        .sorted(Comparator.comparing(section -> !section.path().isEmpty()))
        .toList();
  }

  private static List<RecipeSchema.KeySpec> keysOf(RecipeSchema.SectionSpec section) {
    return section.members().stream()
        .filter(RecipeSchema.KeySpec.class::isInstance)
        .map(RecipeSchema.KeySpec.class::cast)
        .toList();
  }

  private static String expectation(RecipeSchema.KeySpec key) {
    String described = key.describe();
    return described.startsWith("a ") ? described.substring(2) : described;
  }

  private String defaultOf(RecipeSchema.KeySpec key) {
    if (key.fromFileName()) {
      return "default: the file's name";
    }
    String value = defaults.get(key.path());
    if (value == null) {
      return "required";
    }
    return value.equals(RecipeYaml.NONE) ? "not set" : "default " + value;
  }

  private String markdownDefault(RecipeSchema.KeySpec key) {
    if (key.fromFileName()) {
      return "the file's name";
    }
    String value = defaults.get(key.path());
    if (value == null) {
      return "required";
    }
    return value.equals(RecipeYaml.NONE) ? "not set" : "`" + value + "`";
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }
}
