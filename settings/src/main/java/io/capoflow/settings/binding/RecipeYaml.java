package io.capoflow.settings.binding;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Writes a resolved recipe as YAML that reads back to the same values. */
final class RecipeYaml {
  /** How an optional key that is not set is written. */
  static final String NONE = "null";

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z_/][A-Za-z0-9_./+-]*");
  private static final Set<String> RESERVED =
      Set.of("null", "true", "false", "yes", "no", "on", "off", "y", "n");

  private RecipeYaml() {}

  static String scalar(ValueType type, Object value, PathContext paths) {
    String text = type.canonical(value, paths);
    return type.isText() ? quotedIfNeeded(text) : text;
  }

  /** All keys in declared order, the sections nested. */
  static String document(RecipeSchema schema, Map<String, String> values) {
    StringBuilder out = new StringBuilder();
    write(schema.root(), values, "", out);
    return out.toString();
  }

  private static void write(
      RecipeSchema.SectionSpec section,
      Map<String, String> values,
      String indent,
      StringBuilder out) {
    for (RecipeSchema.Member member : section.members()) {
      out.append(indent).append(member.name()).append(':');
      if (member instanceof RecipeSchema.SectionSpec inner) {
        out.append('\n');
        write(inner, values, indent + "  ", out);
      } else {
        out.append(' ').append(values.get(member.path())).append('\n');
      }
    }
  }

  private static String quotedIfNeeded(String text) {
    if (PLAIN.matcher(text).matches() && !RESERVED.contains(text.toLowerCase(Locale.ROOT))) {
      return text;
    }
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints()
        .forEach(
            c -> {
              if (c == '"' || c == '\\') {
                quoted.append('\\').appendCodePoint(c);
              } else if (c >= 0x20 && c < 0x7F) {
                quoted.appendCodePoint(c);
              } else if (c > 0xFFFF) {
                quoted.append(String.format("\\U%08X", c));
              } else {
                quoted.append(String.format("\\u%04X", c));
              }
            });
    return quoted.append('"').toString();
  }
}
