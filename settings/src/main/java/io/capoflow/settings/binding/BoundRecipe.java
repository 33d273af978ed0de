package io.capoflow.settings.binding;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A recipe with all its layers resolved. Immutable and thread-safe.
 *
 * @param <R> the record of a whole recipe
 */
public final class BoundRecipe<R extends Record> {
  private final R settings;
  private final RecipeSchema schema;
  private final Map<String, String> values;
  private final Map<String, Object> objects;
  private final Map<String, String> places;
  private final Path home;

  BoundRecipe(
      R settings,
      RecipeSchema schema,
      Map<String, String> values,
      Map<String, Object> objects,
      Map<String, String> places,
      Path home) {
    this.settings = requireNonNull(settings, "settings");
    this.schema = schema;
    this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    this.objects = Map.copyOf(objects);
    this.places = Map.copyOf(places);
    this.home = home;
  }

  /** The typed values. */
  public R settings() {
    return settings;
  }

  /**
   * The resolved recipe, every key written out in declared order: a run's {@code recipe.yaml}.
   * Reads back to equal settings.
   */
  public String yaml() {
    return RecipeYaml.document(schema, values);
  }

  /**
   * The same with other values for some keys.
   *
   * @param replaced values by dotted key, as YAML writes them
   */
  public String yaml(Map<String, String> replaced) {
    Map<String, String> all = new LinkedHashMap<>(values);
    replaced.forEach(
        (key, value) -> {
          if (all.replace(key, value) == null) {
            throw new IllegalArgumentException("no key is called " + key);
          }
        });
    return RecipeYaml.document(schema, all);
  }

  /** Every key by its dotted name, as YAML writes its value, in declared order. */
  public Map<String, String> values() {
    return values;
  }

  /** The keys of one kind, as {@link #values}. */
  public Map<String, String> values(KeyKind kind) {
    Map<String, String> ofKind = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          if (schema.keys().get(key).kind() == kind) {
            ofKind.put(key, value);
          }
        });
    return Collections.unmodifiableMap(ofKind);
  }

  /** SHA-256 over the content keys and their values: equal for recipes that compute the same. */
  public String digest() {
    List<String> parts = new ArrayList<>();
    values(KeyKind.CONTENT)
        .forEach(
            (key, value) -> {
              parts.add(key);
              parts.add(value);
            });
    return Digests.ofParts(parts.toArray(String[]::new));
  }

  /** Where a key was set, as errors name it; a default's place is the recipe file. */
  public String place(String key) {
    return requireNonNull(places.get(key), key);
  }

  /**
   * Checks that the file or directory of a path key exists.
   *
   * @throws UserMistake when it does not, or when an optional path is not set
   */
  public void requireFile(String key) {
    Object value = requireNonNull(objects.get(key), key);
    Optional<?> path = value instanceof Optional<?> optional ? optional : Optional.of(value);
    if (path.isEmpty()) {
      throw new UserMistake(
          place(key) + ": " + key + ": is not set, and these settings need it; name a path");
    }
    Path file = (Path) path.get();
    if (!Files.exists(file)) {
      throw new UserMistake(
          place(key)
              + ": "
              + key
              + ": there is no "
              + file
              + "; plain paths start at "
              + home
              + ", those with ./ or ../ at the recipe");
    }
  }
}
