package io.capoflow.models.jinja;

import io.capoflow.models.jinja.Expression.Given;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * {@code tojson} as Hugging Face's templates have it: Python's {@code json.dumps}, in Unicode
 * unless told otherwise, nothing escaped for HTML. The arguments {@code separators} and {@code
 * sort_keys} are not supported.
 */
final class Json {
  private final StringBuilder out = new StringBuilder();
  private final boolean ascii;
  private final String indent;
  private final Rendering rendering;

  private Json(boolean ascii, String indent, Rendering rendering) {
    this.ascii = ascii;
    this.indent = indent;
    this.rendering = rendering;
  }

  static String write(Object value, Given given, Rendering rendering) {
    if (given.get(2, "separators", null) != null
        || Values.truth(given.get(3, "sort_keys", false))) {
      throw rendering.mistake("tojson takes no separators and sorts no keys here");
    }
    Object indent = given.get(1, "indent", null);
    if (indent != null && !(indent instanceof Long spaces && spaces >= 0 && spaces <= 16)) {
      throw rendering.mistake("tojson indents by a number from 0 to 16");
    }
    Json json =
        new Json(
            Values.truth(given.get(0, "ensure_ascii", false)),
            indent == null ? null : " ".repeat(((Long) indent).intValue()),
            rendering);
    json.value(value, 0);
    return json.out.toString();
  }

  private void value(Object value, int depth) {
    rendering.spend(1);
    if (depth > Values.MAX_DEPTH) {
      throw rendering.mistake("values nested deeper than " + Values.MAX_DEPTH + " are written");
    }
    if (value == null) {
      out.append("null");
    } else if (value instanceof Boolean || value instanceof Long) {
      out.append(value);
    } else if (value instanceof String text) {
      string(text);
    } else if (value instanceof List<?> list) {
      list(list, depth);
    } else if (value instanceof Map<?, ?> map) {
      dictionary(map, depth);
    } else {
      throw rendering.mistake("a " + Values.type(value) + " has no form in JSON");
    }
  }

  private void list(List<?> list, int depth) {
    out.append('[');
    for (Iterator<?> items = list.iterator(); items.hasNext(); ) {
      lineBreak(depth + 1);
      value(items.next(), depth + 1);
      comma(items.hasNext());
    }
    close(']', list.isEmpty(), depth);
  }

  private void dictionary(Map<?, ?> map, int depth) {
    out.append('{');
    for (Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
        entries.hasNext(); ) {
      Map.Entry<?, ?> entry = entries.next();
      lineBreak(depth + 1);
      if (!(entry.getKey() instanceof String key)) {
        throw rendering.mistake("a key that is no string has no form in JSON here");
      }
      string(key);
      out.append(": ");
      value(entry.getValue(), depth + 1);
      comma(entries.hasNext());
    }
    close('}', map.isEmpty(), depth);
  }

  private void comma(boolean more) {
    if (more) {
      out.append(indent == null ? ", " : ",");
    }
  }

  private void close(char bracket, boolean empty, int depth) {
    if (!empty) {
      lineBreak(depth);
    }
    out.append(bracket);
  }

  private void lineBreak(int depth) {
    if (indent != null) {
      rendering.spend((long) indent.length() * depth);
      out.append('\n').append(indent.repeat(depth));
    }
  }

  private void string(String text) {
    rendering.spend(text.length());
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> {
          if (c < 0x20 || (ascii && c > 0x7E)) {
            out.append("\\u%04x".formatted((int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
