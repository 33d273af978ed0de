package io.capoflow.models.jinja;

import java.util.ArrayList;
import java.util.List;

/** Arithmetic on whole numbers, and what strings and lists have of it, as Python has it. */
enum Operator {
  ADD("+"),
  SUBTRACT("-"),
  MULTIPLY("*"),
  FLOOR_DIVIDE("//"),
  MODULO("%"),
  /** Joins anything in print. */
  JOIN("~");

  private final String symbol;

  Operator(String symbol) {
    this.symbol = symbol;
  }

  Object apply(Object left, Object right, Rendering rendering) {
    if (this == JOIN) {
      return join(Values.text(left, rendering), Values.text(right, rendering), rendering);
    }
    Object one = Values.numeric(left);
    Object other = Values.numeric(right);
    if (one instanceof Long a && other instanceof Long b) {
      return arithmetic(a, b, rendering);
    }
    if (this == ADD && one instanceof String a && other instanceof String b) {
      return join(a, b, rendering);
    }
    if (this == ADD && one instanceof List<?> a && other instanceof List<?> b) {
      rendering.spend((long) a.size() + b.size());
      List<Object> list = new ArrayList<>(a);
      list.addAll(b);
      return list;
    }
    if (this == MULTIPLY && one instanceof String text && other instanceof Long times) {
      return repeat(text, times, rendering);
    }
    if (this == MULTIPLY && one instanceof Long times && other instanceof String text) {
      return repeat(text, times, rendering);
    }
    throw rendering.mistake(
        "%s is not defined between a %s and a %s"
            .formatted(symbol, Values.type(left), Values.type(right)));
  }

  private Object arithmetic(long left, long right, Rendering rendering) {
    try {
      return switch (this) {
        case ADD -> Math.addExact(left, right);
        case SUBTRACT -> Math.subtractExact(left, right);
        case MULTIPLY -> Math.multiplyExact(left, right);
        case FLOOR_DIVIDE -> Math.floorDiv(left, right);
        case MODULO -> Math.floorMod(left, right);
        case JOIN -> throw new IllegalStateException("joined as text");
      };
    } catch (ArithmeticException e) {
      throw rendering.mistake("%d %s %d has no value here".formatted(left, symbol, right));
    }
  }

  private static String join(String left, String right, Rendering rendering) {
    rendering.spend((long) left.length() + right.length());
    return left + right;
  }

  private static String repeat(String text, long times, Rendering rendering) {
    long count = Math.max(0, times);
    if (text.isEmpty()) {
      return "";
    }
    rendering.spend(count);
    rendering.spend(Math.multiplyFull((int) count, text.length()));
    return text.repeat((int) count);
  }
}
