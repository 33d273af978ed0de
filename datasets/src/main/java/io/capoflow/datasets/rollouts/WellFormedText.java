package io.capoflow.datasets.rollouts;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;

/**
 * Whether texts can be written as UTF-8. JSON can name half a surrogate pair, which is no
 * character: a file would hold a question mark in its place. Stateless and thread-safe.
 */
final class WellFormedText {
  private static final char REPLACEMENT = '\ufffd';

  private WellFormedText() {}

  /** The first field with a text that cannot be written; empty where all can. */
  static Optional<String> fault(IndexedRecord row) {
    for (Schema.Field field : row.getSchema().getFields()) {
      Optional<String> fault = fault(row.get(field.pos()), field.name());
      if (fault.isPresent()) {
        return fault;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> fault(Object value, String place) {
    if (value instanceof CharSequence text) {
      return isWellFormed(text) ? Optional.empty() : Optional.of(place);
    }
    if (value instanceof IndexedRecord record) {
      return fault(record).map(inside -> place + "." + inside);
    }
    if (value instanceof List<?> list) {
      return firstFault(list, place);
    }
    if (value instanceof Map<?, ?> map) {
      return firstFault(map.keySet(), place).or(() -> firstFault(map.values(), place));
    }
    return Optional.empty();
  }

  private static Optional<String> firstFault(Collection<?> items, String place) {
    for (Object item : items) {
      if (item instanceof Number) {
        return Optional.empty(); // token ids and the like: thousands of them, and all numbers
      }
      Optional<String> fault = fault(item, place);
      if (fault.isPresent()) {
        return fault;
      }
    }
    return Optional.empty();
  }

  private static boolean isWellFormed(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        boolean pair =
            i + 1 < text.length() && Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1));
        if (!pair) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  /** The beginning of a text, with a mark in place of what cannot be written. */
  static String shown(String text, int longest) {
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < text.length() && shown.length() < longest; i++) {
      char c = text.charAt(i);
      boolean pair = i + 1 < text.length() && Character.isSurrogatePair(c, text.charAt(i + 1));
      if (pair && shown.length() + 2 > longest) {
        break;
      }
      if (pair) {
        shown.append(c).append(text.charAt(++i));
      } else {
        shown.append(Character.isSurrogate(c) ? REPLACEMENT : c);
      }
    }
    return shown.toString();
  }
}
