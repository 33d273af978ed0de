package io.capoflow.models.jinja;

/** How a comparison compares. */
enum Comparator {
  EQUAL,
  UNEQUAL,
  LESS,
  LESS_OR_EQUAL,
  GREATER,
  GREATER_OR_EQUAL,
  IN,
  NOT_IN;

  boolean holds(Object left, Object right, Rendering rendering) {
    return switch (this) {
      case EQUAL -> Values.equal(left, right, rendering);
      case UNEQUAL -> !Values.equal(left, right, rendering);
      case LESS -> Values.compare(left, right, rendering) < 0;
      case LESS_OR_EQUAL -> Values.compare(left, right, rendering) <= 0;
      case GREATER -> Values.compare(left, right, rendering) > 0;
      case GREATER_OR_EQUAL -> Values.compare(left, right, rendering) >= 0;
      case IN -> Values.contains(right, left, rendering);
      case NOT_IN -> !Values.contains(right, left, rendering);
    };
  }
}
