package io.capoflow.models.jinja;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;

/** Methods of Python's strings and dictionaries. */
enum Method {
  STRIP(0, 1),
  LSTRIP(0, 1),
  RSTRIP(0, 1),
  SPLIT(0, 2),
  STARTSWITH(1, 1),
  ENDSWITH(1, 1),
  REPLACE(2, 2),
  UPPER(0, 0),
  LOWER(0, 0),
  CAPITALIZE(0, 0),
  ITEMS(0, 0),
  KEYS(0, 0),
  VALUES(0, 0),
  GET(1, 2);

  private final int fewest;
  private final int most;

  Method(int fewest, int most) {
    this.fewest = fewest;
    this.most = most;
  }

  /** Whether it can be called with so many arguments. */
  boolean takes(int arguments) {
    return arguments >= fewest && arguments <= most;
  }

  Object call(Object of, List<Object> given, Rendering rendering) {
    boolean ofDictionary = this == ITEMS || this == KEYS || this == VALUES || this == GET;
    if (of instanceof Map<?, ?> map && ofDictionary) {
      return call(map, given, rendering);
    }
    if (of instanceof String text && !ofDictionary) {
      return call(text, given, rendering);
    }
    throw rendering.mistake(
        "a %s has no method %s".formatted(Values.type(of), name().toLowerCase(Locale.ROOT)));
  }

  static Optional<Method> named(String name) {
    return Arrays.stream(values())
        .filter(method -> method.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst();
  }

  /** The characters that strip takes away: those given, or white space. */
  static IntPredicate stripped(Object given, Rendering rendering) {
    if (given == null) {
      return PythonText::isSpace;
    }
    String characters = string(given, rendering);
    return c -> characters.indexOf(c) >= 0;
  }

  private Object call(Map<?, ?> map, List<Object> given, Rendering rendering) {
    rendering.spend(map.size());
    return switch (this) {
      case KEYS -> new ArrayList<Object>(map.keySet());
      case VALUES -> new ArrayList<Object>(map.values());
      case ITEMS -> {
        List<Object> items = new ArrayList<>();
        map.forEach((key, value) -> items.add(Arrays.asList(key, value)));
        yield items;
      }
      case GET ->
          map.containsKey(given.get(0))
              ? map.get(given.get(0))
              : given.size() > 1 ? given.get(1) : null;
      default -> throw new IllegalStateException(this + " is no method of dictionaries");
    };
  }

  private Object call(String text, List<Object> given, Rendering rendering) {
    rendering.spend(text.length());
    Object first = given.isEmpty() ? null : given.get(0);
    return switch (this) {
      case STRIP -> PythonText.strip(text, stripped(first, rendering));
      case LSTRIP -> PythonText.stripLeading(text, stripped(first, rendering));
      case RSTRIP -> PythonText.stripTrailing(text, stripped(first, rendering));
      case SPLIT -> split(text, first, given.size() > 1 ? given.get(1) : -1L, rendering);
      case STARTSWITH -> text.startsWith(string(first, rendering));
      case ENDSWITH -> text.endsWith(string(first, rendering));
      case REPLACE ->
          replace(text, string(first, rendering), string(given.get(1), rendering), rendering);
      case UPPER -> text.toUpperCase(Locale.ROOT);
      case LOWER -> text.toLowerCase(Locale.ROOT);
      case CAPITALIZE -> PythonText.capitalize(text);
      default -> throw new IllegalStateException(this + " is no method of strings");
    };
  }

  /** {@code str.replace}, paid for before it is made. */
  static String replace(String text, String old, String replacement, Rendering rendering) {
    long places = old.isEmpty() ? text.length() + 1L : PythonText.split(text, old).size() - 1L;
    rendering.spend(places);
    rendering.spend(Math.multiplyFull((int) places, replacement.length()));
    if (!old.isEmpty()) {
      return text.replace(old, replacement);
    }
    StringBuilder spread = new StringBuilder(replacement);
    text.codePoints().forEach(c -> spread.appendCodePoint(c).append(replacement));
    return spread.toString();
  }

  /** {@code str.split(separator, most)}: at most so many times, where that is not negative. */
  private static List<String> split(
      String text, Object separator, Object most, Rendering rendering) {
    if (!(Values.numeric(most) instanceof Long times)) {
      throw rendering.mistake("a string is split a " + Values.type(most) + " of times");
    }
    long limit = times < 0 ? Long.MAX_VALUE : times;
    if (separator == null) {
      return PythonText.words(text, limit);
    }
    String given = string(separator, rendering);
    if (given.isEmpty()) {
      throw rendering.mistake("a string is split at an empty one");
    }
    return PythonText.split(text, given, limit);
  }

  private static String string(Object value, Rendering rendering) {
    if (value instanceof String text) {
      return text;
    }
    throw rendering.mistake("a string is wanted, found a " + Values.type(value));
  }
}
