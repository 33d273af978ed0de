package io.capoflow.models.jinja;

import io.capoflow.models.jinja.Expression.Given;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The filters that give items in another order, or each but once. */
final class Ordering {
  private Ordering() {}

  /** {@code unique}: the first of those that are equal, strings in any case. */
  static Generated unique(Object value, Given given, Rendering rendering) {
    boolean caseSensitive = Values.truth(given.get(0, "case_sensitive", false));
    Object attribute = given.get(1, "attribute", null);
    Set<Object> seen = new HashSet<>();
    List<Object> unique = new ArrayList<>();
    for (Object item : Values.items(value, rendering)) {
      Object key = attribute == null ? item : Itemwise.attribute(item, attribute, rendering);
      if (key instanceof List || key instanceof Map) {
        throw rendering.mistake("unique goes by a " + Values.type(key) + ", which has no hash");
      }
      if (seen.add(
          key instanceof Undefined ? Undefined.class : folded(key, caseSensitive, rendering))) {
        unique.add(item);
      }
    }
    return new Generated(unique);
  }

  /** {@code reverse}, of a string a string, of what Python cannot go through backwards a list. */
  static Object reverse(Object value, Rendering rendering) {
    if (value instanceof String text) {
      rendering.spend(text.length());
      return Values.slice(text, null, null, -1L, rendering);
    }
    List<Object> items = Values.items(value, rendering);
    Collections.reverse(items);
    return value instanceof Generated ? items : new Generated(items);
  }

  /** {@code dictsort}: the entries of a dictionary by their keys or values. */
  static List<Object> sorted(Object value, Given given, Rendering rendering) {
    boolean caseSensitive = Values.truth(given.get(0, "case_sensitive", false));
    Object by = given.get(1, "by", "key");
    if (!(value instanceof Map<?, ?> map)) {
      throw rendering.mistake("a " + Values.type(value) + " is sorted as a dictionary");
    }
    if (!"key".equals(by) && !"value".equals(by)) {
      throw rendering.mistake("dictsort goes by key or value");
    }
    int place = "key".equals(by) ? 0 : 1;
    List<List<Object>> entries = new ArrayList<>();
    map.forEach((key, of) -> entries.add(Arrays.asList(key, of)));
    rendering.spend(entries.size());
    boolean reversed = Values.truth(given.get(2, "reverse", false));
    entries.sort(
        (one, other) -> {
          rendering.spend(1);
          int order =
              Values.compare(
                  folded(one.get(place), caseSensitive, rendering),
                  folded(other.get(place), caseSensitive, rendering),
                  rendering);
          return reversed ? -order : order;
        });
    return new ArrayList<>(entries);
  }

  private static Object folded(Object key, boolean caseSensitive, Rendering rendering) {
    if (key instanceof String text && !caseSensitive) {
      rendering.spend(text.length());
      return text.toLowerCase(Locale.ROOT);
    }
    return Values.numeric(key);
  }
}
