package io.capoflow.settings.binding;

import static java.util.stream.Collectors.toUnmodifiableMap;

import io.capoflow.schemas.JsonObject;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The keys of a recipe, read from the annotations of its record. A wrong annotation is a fault of
 * the program and throws {@link IllegalArgumentException}.
 */
final class RecipeSchema {
  private final SectionSpec root;
  private final Map<String, KeySpec> keys = new LinkedHashMap<>();
  private final Map<String, SectionSpec> sections = new LinkedHashMap<>();
  private final Map<String, String> gone = new LinkedHashMap<>();

  /** What a component of a record stands for. */
  sealed interface Part {}

  /** A key or a section: what has a name in a recipe. */
  sealed interface Member extends Part {
    String name();

    /** Dotted. */
    String path();

    String doc();
  }

  /** How many values a key takes. */
  enum Arity {
    ONE,
    OPTIONAL,
    LIST
  }

  /**
   * A key.
   *
   * @param defaultText empty: must be set, unless optional
   */
  record KeySpec(
      String name,
      String path,
      String doc,
      ValueType type,
      Arity arity,
      Optional<String> defaultText,
      KeyKind kind,
      boolean fromFileName,
      boolean orOne)
      implements Member {
    String describe() {
      if (arity != Arity.LIST) {
        return type.describe();
      }
      return orOne
          ? type.describe() + " or a list of such"
          : "a list, each item " + type.describe();
    }
  }

  /** A section; the root's name and path are empty. */
  record SectionSpec(
      String name, String path, String doc, Class<? extends Record> type, List<Part> parts)
      implements Member {
    /** What may be written in it, in declared order. */
    List<Member> members() {
      return parts.stream().flatMap(RecipeSchema::named).toList();
    }
  }

  /** Keys of a record of their own that stand in the section around it. */
  record Group(Class<? extends Record> type, List<Part> parts) implements Part {}

  private RecipeSchema(Class<? extends Record> type) {
    root = section("", "", "", type);
  }

  static RecipeSchema of(Class<? extends Record> type) {
    return new RecipeSchema(type);
  }

  SectionSpec root() {
    return root;
  }

  /** By dotted path, in declared order. */
  Map<String, KeySpec> keys() {
    return keys;
  }

  /** By dotted path; the root's is empty. */
  Map<String, SectionSpec> sections() {
    return sections;
  }

  /** What to write in place of keys that earlier versions had, by dotted path. */
  Map<String, String> gone() {
    return gone;
  }

  static String snakeCase(String camelCase) {
    return camelCase.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }

  private static Stream<Member> named(Part part) {
    return part instanceof Group group
        ? group.parts().stream().flatMap(RecipeSchema::named)
        : Stream.of((Member) part);
  }

  private SectionSpec section(String name, String path, String doc, Class<? extends Record> type) {
    SectionSpec spec = new SectionSpec(name, path, doc, type, parts(path, type, Map.of()));
    sections.put(path, spec);
    GoneKeys earlier = type.getAnnotation(GoneKeys.class);
    if (earlier != null) {
      for (GoneKeys.Gone key : earlier.value()) {
        gone.put(path.isEmpty() ? key.name() : path + "." + key.name(), key.instead());
      }
    }
    return spec;
  }

  /**
   * @param own keys that are not as the record says, by name
   */
  private List<Part> parts(String path, Class<? extends Record> type, Map<String, Key> own) {
    Set<String> unknown = new HashSet<>(own.keySet());
    List<Part> parts = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      String name = snakeCase(component.getName());
      unknown.remove(name);
      parts.add(part(name, path.isEmpty() ? name : path + "." + name, path, component, own));
    }
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(type + " has no keys " + unknown);
    }
    return List.copyOf(parts);
  }

  private Part part(
      String name,
      String path,
      String sectionPath,
      RecordComponent component,
      Map<String, Key> own) {
    Section section = component.getAnnotation(Section.class);
    if (section != null) {
      return section(name, path, section.value(), component.getType().asSubclass(Record.class));
    }
    SharedKeys shared = component.getAnnotation(SharedKeys.class);
    if (shared != null) {
      Class<? extends Record> type = component.getType().asSubclass(Record.class);
      Map<String, Key> ownOfShared =
          Arrays.stream(shared.own())
              .collect(toUnmodifiableMap(SharedKeys.Own::name, SharedKeys.Own::key));
      return new Group(type, parts(sectionPath, type, ownOfShared));
    }
    Key key = own.getOrDefault(name, component.getAnnotation(Key.class));
    if (key == null) {
      throw new IllegalArgumentException(component + " is neither a key nor a section");
    }
    KeySpec spec = key(name, path, key, component);
    if (keys.putIfAbsent(path, spec) != null) {
      throw new IllegalArgumentException(path + " is a key of two records");
    }
    return spec;
  }

  private static KeySpec key(String name, String path, Key key, RecordComponent component) {
    Type type = component.getGenericType();
    Arity arity = Arity.ONE;
    if (type instanceof ParameterizedType parameterized) {
      type = parameterized.getActualTypeArguments()[0];
      if (parameterized.getRawType() == List.class) {
        arity = Arity.LIST;
      } else if (parameterized.getRawType() == Optional.class) {
        arity = Arity.OPTIONAL;
      } else {
        throw new IllegalArgumentException("no recipe value has the type of " + component);
      }
    }
    return new KeySpec(
        name,
        path,
        key.doc(),
        valueType(key, (Class<?>) type),
        arity,
        key.defaults().isEmpty() ? Optional.empty() : Optional.of(key.defaults()),
        key.kind(),
        key.fromFileName(),
        key.orOne());
  }

  @SuppressWarnings("unchecked") // isEnum() holds
  private static ValueType valueType(Key key, Class<?> type) {
    Range range = Range.of(key.range());
    if (type == String.class) {
      return key.extension() == void.class
          ? new ValueType.Text(List.of(key.choices()))
          : new ValueType.Extension(key.extension(), key.orPrefix());
    }
    if (type == int.class || type == Integer.class) {
      return new ValueType.Whole(true, range);
    }
    if (type == long.class || type == Long.class) {
      return new ValueType.Whole(false, range);
    }
    if (type == double.class || type == Double.class) {
      return new ValueType.Decimal(range);
    }
    if (type == boolean.class || type == Boolean.class) {
      return new ValueType.Switch();
    }
    if (type == Path.class) {
      return new ValueType.FilePath();
    }
    if (type == JsonObject.class) {
      return new ValueType.Mapping();
    }
    if (type.isEnum()) {
      return new ValueType.Choice((Class<? extends Enum<?>>) type);
    }
    throw new IllegalArgumentException("no recipe value has the type " + type);
  }
}
