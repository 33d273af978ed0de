package io.capoflow.verifiers.extraction;

import io.capoflow.verifiers.extraction.Extraction.Found;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Mathematics that is set apart in a text: {@code $…$}, {@code \(…\)} and the like. */
final class MathEnvironments {
  private MathEnvironments() {}

  /** The last {@code $…$}, {@code $$…$$}, {@code \(…\)} or {@code \[…\]} of the text. */
  static Optional<Found> last(String text) {
    List<String> environments = environments(lastParagraphs(text));
    return environments.isEmpty()
        ? Optional.empty()
        : Found.of(environments.get(environments.size() - 1), "math");
  }

  /** The mathematics of a text that has prose around exactly one piece of it. */
  static Optional<Found> only(String text) {
    List<String> environments = environments(text);
    return environments.size() == 1 ? Found.of(environments.get(0), "math") : Optional.empty();
  }

  private static String lastParagraphs(String text) {
    int last = text.lastIndexOf("\n\n");
    int before = last <= 0 ? -1 : text.lastIndexOf("\n\n", last - 1);
    return before < 0 ? text : text.substring(before);
  }

  private static List<String> environments(String text) {
    List<String> found = new ArrayList<>();
    int open = -1;
    String closing = "";
    for (int position = 0; position < text.length(); position++) {
      String mark = mark(text, position);
      if (mark.isEmpty()) {
        position += text.charAt(position) == '\\' ? 1 : 0;
      } else if (open < 0 && !mark.equals("\\)") && !mark.equals("\\]")) {
        closing = mark.equals("\\(") ? "\\)" : mark.equals("\\[") ? "\\]" : mark;
        open = position + mark.length();
        position = open - 1;
      } else if (open >= 0 && mark.equals(closing)) {
        if (!text.substring(open, position).isBlank()) {
          found.add(text.substring(open, position).strip());
        }
        open = -1;
        position += mark.length() - 1;
      }
    }
    return found;
  }

  /** Behind the mathematics that begins at a position, or behind its character. */
  static int behind(String text, int position) {
    char here = text.charAt(position);
    if (here != '$' && here != '\\') {
      return position + 1;
    }
    String mark = mark(text, position);
    String closing =
        switch (mark) {
          case "\\(" -> "\\)";
          case "\\[" -> "\\]";
          default -> mark;
        };
    if (mark.isEmpty() || mark.equals("\\)") || mark.equals("\\]")) {
      return position + (here == '\\' ? 2 : 1);
    }
    int close = text.indexOf(closing, position + mark.length());
    int line = text.indexOf("\n\n", position);
    return close < 0 || (line >= 0 && line < close)
        ? position + mark.length()
        : close + closing.length();
  }

  private static String mark(String text, int position) {
    char here = text.charAt(position);
    if (here != '$' && here != '\\') {
      return "";
    }
    char next = position + 1 < text.length() ? text.charAt(position + 1) : ' ';
    if (here == '$') {
      return next == '$' ? "$$" : "$";
    }
    return switch (next) {
      case '(' -> "\\(";
      case ')' -> "\\)";
      case '[' -> "\\[";
      case ']' -> "\\]";
      default -> "";
    };
  }
}
