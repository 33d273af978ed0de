package io.capoflow.settings.binding;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The keys of a recipe, read from the annotations of its record. A wrong annotation is a fault of
 * the program and throws {@link IllegalArgumentException}.
 */
final class RecipeSchema {
  private final SectionSpec root;
  private final Map<String, KeySpec> keys = new LinkedHashMap<>();
  private final Map<String, SectionSpec> sections = new LinkedHashMap<>();

  /** A key or a section. */
  sealed interface Member {
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
      boolean fromFileName)
      implements Member {
    String describe() {
      return arity == Arity.LIST ? "a list, each item " + type.describe() : type.describe();
    }
  }

  /** A section; the root's name and path are empty. */
  record SectionSpec(
      String name, String path, String doc, Class<? extends Record> type, List<Member> members)
      implements Member {}

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

  static String snakeCase(String camelCase) {
    return camelCase.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }

  private SectionSpec section(String name, String path, String doc, Class<? extends Record> type) {
    List<Member> members = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      String memberName = snakeCase(component.getName());
      String memberPath = path.isEmpty() ? memberName : path + "." + memberName;
      Section section = component.getAnnotation(Section.class);
      Key key = component.getAnnotation(Key.class);
      if (section != null) {
        members.add(
            section(
                memberName,
                memberPath,
                section.value(),
                component.getType().asSubclass(Record.class)));
      } else if (key != null) {
        KeySpec spec = key(memberName, memberPath, key, component);
        keys.put(memberPath, spec);
        members.add(spec);
      } else {
        throw new IllegalArgumentException(component + " is neither a key nor a section");
      }
    }
    SectionSpec spec = new SectionSpec(name, path, doc, type, List.copyOf(members));
    sections.put(path, spec);
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
        key.fromFileName());
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
    if (type.isEnum()) {
      return new ValueType.Choice((Class<? extends Enum<?>>) type);
    }
    throw new IllegalArgumentException("no recipe value has the type " + type);
  }
}
