package io.capoflow.settings.binding;

import io.capoflow.schemas.Extensions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What to write in place of a key that does not exist. */
final class KeyAdvice {
  private final RecipeSchema schema;

  KeyAdvice(RecipeSchema schema) {
    this.schema = schema;
  }

  /** For a key written inside a section: a sibling first, then the same name elsewhere. */
  String instead(RecipeSchema.SectionSpec section, String name) {
    if (schema.keys().containsKey(name)) {
      int dot = name.lastIndexOf('.');
      return dot < 0
          ? "did you mean " + name + "? It stands at the top level"
          : "nest it: \""
              + name.substring(dot + 1)
              + "\" stands under \""
              + name.substring(0, dot)
              + ":\"";
    }
    List<String> siblings = names(section);
    Optional<String> sibling =
        Extensions.nearest(name, siblings)
            .map(found -> section.path().isEmpty() ? found : section.path() + "." + found);
    return sibling
        .or(() -> elsewhere(name))
        .map(found -> "did you mean " + found + "?")
        .orElseGet(
            () ->
                (section.path().isEmpty()
                        ? "keys of a recipe: "
                        : "keys of " + section.path() + ": ")
                    + String.join(", ", siblings));
  }

  /** For a key that earlier versions had. */
  String gone(String path) {
    return "is no key any more; " + schema.gone().get(path);
  }

  /** For a dotted key given outside a file. */
  String instead(String path) {
    RecipeSchema.SectionSpec section = schema.root();
    String[] parts = path.split("\\.", -1);
    for (int depth = 0; depth < parts.length - 1; depth++) {
      String name = parts[depth];
      Optional<RecipeSchema.SectionSpec> inner =
          section.members().stream()
              .filter(member -> member.name().equals(name))
              .filter(RecipeSchema.SectionSpec.class::isInstance)
              .map(RecipeSchema.SectionSpec.class::cast)
              .findFirst();
      if (inner.isEmpty()) {
        return Extensions.nearest(path, schema.keys().keySet())
            .map(found -> "did you mean " + found + "?")
            .orElseGet(() -> instead(schema.root(), parts[parts.length - 1]));
      }
      section = inner.get();
    }
    return instead(section, parts[parts.length - 1]);
  }

  /** For a section given a single value. */
  String section(RecipeSchema.SectionSpec section) {
    return "is a section; set its keys: " + String.join(", ", names(section));
  }

  private Optional<String> elsewhere(String name) {
    List<String> same =
        schema.keys().values().stream()
            .filter(key -> key.name().equals(name))
            .map(RecipeSchema.KeySpec::path)
            .toList();
    if (!same.isEmpty()) {
      return Optional.of(String.join(" or ", same));
    }
    List<String> names = schema.keys().values().stream().map(RecipeSchema.KeySpec::name).toList();
    return Extensions.nearest(name, names)
        .flatMap(
            found ->
                schema.keys().values().stream()
                    .filter(key -> key.name().equals(found))
                    .map(RecipeSchema.KeySpec::path)
                    .findFirst());
  }

  private static List<String> names(RecipeSchema.SectionSpec section) {
    Stream<String> own = section.members().stream().map(RecipeSchema.Member::name);
    List<String> names = new ArrayList<>(own.toList());
    if (section.path().isEmpty()) {
      names.add(YamlLayer.EXTENDS);
    }
    return List.copyOf(names);
  }
}
