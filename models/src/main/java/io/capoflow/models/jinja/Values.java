package io.capoflow.models.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Python's view of the values of a template: null (None), {@link Boolean}, {@link Long}, {@link
 * String}, {@link List}, {@link Map}, {@link Namespace}, {@link Generated}, {@link Safe}, {@link
 * Macro} and {@link Undefined}. Positions and lengths of strings are in code points.
 */
final class Values {
  /** Of lists in lists; deeper ones are not compared or written. */
  static final int MAX_DEPTH = 100;

  private Values() {}

  /** {@code bool(value)}. */
  static boolean truth(Object value) {
    if (value == null || value instanceof Undefined) {
      return false;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    if (value instanceof Long number) {
      return number != 0;
    }
    if (value instanceof String text) {
      return !text.isEmpty();
    }
    if (value instanceof Safe safe) {
      return !safe.text().isEmpty();
    }
    if (value instanceof List<?> list) {
      return !list.isEmpty();
    }
    return !(value instanceof Map<?, ?> map) || !map.isEmpty();
  }

  /** {@code str(value)} of what has one form alone in print. */
  static String text(Object value, Rendering rendering) {
    if (value == null) {
      return "None";
    }
    if (value instanceof Undefined) {
      return "";
    }
    if (value instanceof Boolean flag) {
      return flag ? "True" : "False";
    }
    if (value instanceof String || value instanceof Long) {
      return value.toString();
    }
    throw rendering.mistake("a " + type(value) + " is printed, which only tojson does here");
  }

  /** {@code left == right}. */
  static boolean equal(Object left, Object right, Rendering rendering) {
    return equal(left, right, rendering, 0);
  }

  private static boolean equal(Object left, Object right, Rendering rendering, int depth) {
    rendering.spend(1);
    if (depth > MAX_DEPTH) {
      throw rendering.mistake("values nested deeper than " + MAX_DEPTH + " are compared");
    }
    if (left instanceof Undefined || right instanceof Undefined) {
      return left instanceof Undefined && right instanceof Undefined;
    }
    if (left instanceof List<?> one && right instanceof List<?> other) {
      for (int i = 0; i < one.size() && one.size() == other.size(); i++) {
        if (!equal(one.get(i), other.get(i), rendering, depth + 1)) {
          return false;
        }
      }
      return one.size() == other.size();
    }
    if (left instanceof Map<?, ?> one && right instanceof Map<?, ?> other) {
      for (Map.Entry<?, ?> entry : one.entrySet()) {
        if (!other.containsKey(entry.getKey())
            || !equal(entry.getValue(), other.get(entry.getKey()), rendering, depth + 1)) {
          return false;
        }
      }
      return one.size() == other.size();
    }
    return Objects.equals(numeric(left), numeric(right));
  }

  /** The sign of {@code left - right}, of two numbers or two strings. */
  static int compare(Object left, Object right, Rendering rendering) {
    Object one = numeric(left);
    Object other = numeric(right);
    if (one instanceof Long a && other instanceof Long b) {
      return Long.compare(a, b);
    }
    if (one instanceof String a && other instanceof String b) {
      rendering.spend(Math.min(a.length(), b.length()));
      return compareCodePoints(a, b);
    }
    throw rendering.mistake(
        "a " + type(left) + " and a " + type(right) + " are compared, which have no order");
  }

  /** {@code item in container}. */
  static boolean contains(Object container, Object item, Rendering rendering) {
    if (container instanceof String text && item instanceof String part) {
      rendering.spend(text.length());
      return text.contains(part);
    }
    if (container instanceof List<?> list) {
      return list.stream().anyMatch(element -> equal(element, item, rendering));
    }
    if (container instanceof Map<?, ?> map) {
      return map.containsKey(item);
    }
    if (container instanceof Generated generated) {
      return contains(generated.take(), item, rendering);
    }
    if (container instanceof Undefined) {
      return false;
    }
    throw rendering.mistake("a " + type(item) + " is looked for in a " + type(container));
  }

  /** What a loop goes through: items, keys or characters. */
  static List<Object> items(Object value, Rendering rendering) {
    List<Object> items = new ArrayList<>();
    if (value instanceof List<?> list) {
      items.addAll(list);
    } else if (value instanceof Map<?, ?> map) {
      items.addAll(map.keySet());
    } else if (value instanceof String text) {
      text.codePoints().forEach(c -> items.add(Character.toString(c)));
    } else if (value instanceof Generated generated) {
      items.addAll(generated.take());
    } else if (!(value instanceof Undefined)) {
      throw rendering.mistake("a " + type(value) + " is gone through, which has no items");
    }
    rendering.spend(items.size());
    return items;
  }

  /** {@code len(value)}. */
  static long length(Object value, Rendering rendering) {
    if (value instanceof String text) {
      rendering.spend(text.length());
      return PythonText.length(text);
    }
    if (value instanceof List<?> list) {
      return list.size();
    }
    if (value instanceof Map<?, ?> map) {
      return map.size();
    }
    if (value instanceof Undefined) {
      return 0;
    }
    throw rendering.mistake("the length of a " + type(value) + " is asked for");
  }

  /** {@code container[key]}, and {@code container.key} of whatever has no such attribute. */
  static Object item(Object container, Object key, Rendering rendering) {
    if (container instanceof Undefined undefined) {
      throw rendering.mistake(
          "%s is not defined, and something of it is asked for".formatted(undefined.name()));
    }
    if (container instanceof Namespace namespace && key instanceof String name) {
      return namespace.get(name);
    }
    if (container instanceof Map<?, ?> map) {
      return map.containsKey(key) ? map.get(key) : new Undefined(String.valueOf(key));
    }
    if (numeric(key) instanceof Long index) {
      long length =
          container instanceof List || container instanceof String
              ? length(container, rendering)
              : 0;
      long place = index < 0 ? index + length : index;
      if (place >= 0 && place < length) {
        return container instanceof List<?> list
            ? list.get((int) place)
            : character((String) container, (int) place);
      }
    }
    return new Undefined(String.valueOf(key));
  }

  /** {@code container[start:stop:step]}, each part null where it is left out. */
  static Object slice(Object container, Long start, Long stop, Long step, Rendering rendering) {
    if (!(container instanceof List || container instanceof String)) {
      throw rendering.mistake("a " + type(container) + " is sliced");
    }
    long by = step == null ? 1 : step;
    if (by == 0) {
      throw rendering.mistake("the step of a slice is 0");
    }
    List<Object> items = items(container, rendering);
    long length = items.size();
    long from = bound(start, by > 0 ? 0 : length - 1, length, by);
    long to = bound(stop, by > 0 ? length : -1, length, by);
    List<Object> slice = new ArrayList<>();
    // A step longer than the list leaves it at once, and must not overflow.
    long stride = Math.max(-length - 1, Math.min(length + 1, by));
    for (long i = from; by > 0 ? i < to : i > to; i += stride) {
      slice.add(items.get((int) i));
    }
    if (container instanceof List) {
      return slice;
    }
    StringBuilder text = new StringBuilder();
    slice.forEach(text::append);
    return text.toString();
  }

  private static long bound(Long given, long missing, long length, long step) {
    if (given == null) {
      return missing;
    }
    long place = given < 0 ? given + length : given;
    long lowest = step > 0 ? 0 : -1;
    return Math.max(lowest, Math.min(place, step > 0 ? length : length - 1));
  }

  /** True and false count as 1 and 0, as in Python. */
  static Object numeric(Object value) {
    return value instanceof Boolean flag ? Long.valueOf(flag ? 1 : 0) : value;
  }

  /** Python's name of a value's type, with blanks before what has none. */
  static String type(Object value) {
    if (value == null) {
      return "None";
    }
    if (value instanceof Undefined undefined) {
      return "value that is not defined (" + undefined.name() + ")";
    }
    if (value instanceof Boolean) {
      return "boolean";
    }
    if (value instanceof Long) {
      return "number";
    }
    if (value instanceof String) {
      return "string";
    }
    if (value instanceof List) {
      return "list";
    }
    if (value instanceof Generated) {
      return "generator";
    }
    if (value instanceof Safe) {
      return "safe string";
    }
    return value instanceof Map
        ? "dictionary"
        : value instanceof Namespace ? "namespace" : "function";
  }

  private static String character(String text, int place) {
    return Character.toString(text.codePointAt(text.offsetByCodePoints(0, place)));
  }

  private static int compareCodePoints(String left, String right) {
    int[] a = left.codePoints().toArray();
    int[] b = right.codePoints().toArray();
    return java.util.Arrays.compare(a, b);
  }
}
