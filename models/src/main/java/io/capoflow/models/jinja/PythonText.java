package io.capoflow.models.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/** Python's notions of white space, of positions in text (code points) and of splitting. */
final class PythonText {
  private PythonText() {}

  /** {@code str.isspace} of one character. */
  static boolean isSpace(int c) {
    return (c >= 0x09 && c <= 0x0D)
        || (c >= 0x1C && c <= 0x20)
        || c == 0x85
        || c == 0xA0
        || c == 0x1680
        || (c >= 0x2000 && c <= 0x200A)
        || c == 0x2028
        || c == 0x2029
        || c == 0x202F
        || c == 0x205F
        || c == 0x3000;
  }

  /** {@code str.lstrip}. */
  static String stripLeading(String text, IntPredicate stripped) {
    int start = 0;
    while (start < text.length() && stripped.test(text.codePointAt(start))) {
      start += Character.charCount(text.codePointAt(start));
    }
    return text.substring(start);
  }

  /** {@code str.rstrip}. */
  static String stripTrailing(String text, IntPredicate stripped) {
    int end = text.length();
    while (end > 0 && stripped.test(text.codePointBefore(end))) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(0, end);
  }

  /** {@code str.strip}. */
  static String strip(String text, IntPredicate stripped) {
    return stripTrailing(stripLeading(text, stripped), stripped);
  }

  static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** {@code str.split(separator)}; the separator is not empty. */
  static List<String> split(String text, String separator) {
    return split(text, separator, Long.MAX_VALUE);
  }

  /** {@code str.split(separator, most)}: what is left after so many cuts stays whole. */
  static List<String> split(String text, String separator, long most) {
    List<String> parts = new ArrayList<>();
    int start = 0;
    int at = text.indexOf(separator);
    for (; at >= 0 && parts.size() < most; at = text.indexOf(separator, start)) {
      parts.add(text.substring(start, at));
      start = at + separator.length();
    }
    parts.add(text.substring(start));
    return parts;
  }

  /** {@code str.split(None, most)}: at runs of white space, without empty parts. */
  static List<String> words(String text, long most) {
    List<String> words = new ArrayList<>();
    String rest = stripLeading(text, PythonText::isSpace);
    while (!rest.isEmpty()) {
      if (words.size() == most) {
        words.add(rest);
        return words;
      }
      String after = stripLeading(rest, c -> !isSpace(c));
      words.add(rest.substring(0, rest.length() - after.length()));
      rest = stripLeading(after, PythonText::isSpace);
    }
    return words;
  }

  /** {@code str.capitalize}. */
  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.offsetByCodePoints(0, 1);
    int titled = Character.toTitleCase(text.codePointAt(0));
    return Character.toString(titled) + text.substring(first).toLowerCase(Locale.ROOT);
  }
}
