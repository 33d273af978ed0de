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
  FLOAT(0),
  NUMBER(0),
  STRING(0),
  MAPPING(0),
  ITERABLE(0),
  SEQUENCE(0),
  EQUALTO(1),
  EQ(1),
  NE(1),
  LT(1),
  LE(1),
  GT(1),
  GE(1),
  IN(1);

  /** Tests that select and its like can call by an operator as well. */
  private static final Map<String, Test> OPERATORS =
      Map.of("==", EQ, "!=", NE, "<", LT, "<=", LE, ">", GT, ">=", GE);

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
      // There are whole numbers alone.
      case FLOAT -> false;
      case NUMBER -> value instanceof Long || value instanceof Boolean;
      case STRING -> value instanceof String || value instanceof Safe;
      case MAPPING -> value instanceof Map;
      case ITERABLE -> value instanceof Generated || SEQUENCE.holds(value, given, rendering);
      case SEQUENCE ->
          value instanceof String
              || value instanceof Safe
              || value instanceof List
              || value instanceof Map
              || value instanceof Undefined;
      case EQUALTO, EQ -> Comparator.EQUAL.holds(value, given.get(0), rendering);
      case NE -> Comparator.UNEQUAL.holds(value, given.get(0), rendering);
      case LT -> Comparator.LESS.holds(value, given.get(0), rendering);
      case LE -> Comparator.LESS_OR_EQUAL.holds(value, given.get(0), rendering);
      case GT -> Comparator.GREATER.holds(value, given.get(0), rendering);
      case GE -> Comparator.GREATER_OR_EQUAL.holds(value, given.get(0), rendering);
      case IN -> Comparator.IN.holds(value, given.get(0), rendering);
    };
  }

  static Optional<Test> named(String name) {
    return Optional.ofNullable(OPERATORS.get(name))
        .or(
            () ->
                Arrays.stream(values())
                    .filter(test -> test.name().toLowerCase(Locale.ROOT).equals(name))
                    .findFirst());
  }
}
