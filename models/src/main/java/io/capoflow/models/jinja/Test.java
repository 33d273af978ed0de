package io.capoflow.models.jinja;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What {@code is} asks. */
enum Test {
  DEFINED(0),
  UNDEFINED(0),
  NONE(0),
  TRUE(0),
  FALSE(0),
  BOOLEAN(0),
  INTEGER(0),
  NUMBER(0),
  STRING(0),
  MAPPING(0),
  ITERABLE(0),
  SEQUENCE(0),
  EQUALTO(1),
  IN(1);

  private final int arguments;

  Test(int arguments) {
    this.arguments = arguments;
  }

  /** How many arguments it takes. */
  int arguments() {
    return arguments;
  }

  boolean holds(Object value, List<Object> given, Rendering rendering) {
    return switch (this) {
      case DEFINED -> !(value instanceof Undefined);
      case UNDEFINED -> value instanceof Undefined;
      case NONE -> value == null;
      case TRUE -> Boolean.TRUE.equals(value);
      case FALSE -> Boolean.FALSE.equals(value);
      case BOOLEAN -> value instanceof Boolean;
      case INTEGER -> value instanceof Long;
      case NUMBER -> value instanceof Long || value instanceof Boolean;
      case STRING -> value instanceof String;
      case MAPPING -> value instanceof Map;
      case ITERABLE, SEQUENCE ->
          value instanceof String
              || value instanceof List
              || value instanceof Map
              || value instanceof Undefined;
      case EQUALTO -> Values.equal(value, given.get(0), rendering);
      case IN -> Values.contains(given.get(0), value, rendering);
    };
  }

  static Optional<Test> named(String name) {
    return Arrays.stream(values())
        .filter(test -> test.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst();
  }
}
