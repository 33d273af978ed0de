package io.capoflow.verifiers;

import io.capoflow.verifiers.AnswerExtractor.Sought;
import io.capoflow.verifiers.Extraction.Found;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The rules of evaluation alone: the last mathematics, the last number, the last letter. */
final class WeakRules {
  private WeakRules() {}

  /** The last {@code $…$}, {@code $$…$$}, {@code \(…\)} or {@code \[…\]} of the text. */
  static Optional<Found> environment(String text) {
    List<String> environments = environments(lastParagraphs(text));
    return environments.isEmpty()
        ? Optional.empty()
        : AnswerExtractor.found(environments.get(environments.size() - 1), "math");
  }

  /** The mathematics of a text that has prose around exactly one piece of it. */
  static Optional<Found> onlyEnvironment(String text) {
    List<String> environments = environments(text);
    return environments.size() == 1
        ? AnswerExtractor.found(environments.get(0), "math")
        : Optional.empty();
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
  static int behindEnvironment(String text, int position) {
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

  static Optional<Found> last(String text, Sought sought) {
    return switch (sought) {
      case NUMBER -> lastNumber(text);
      case CHOICE -> lastLetter(text);
      case OTHER -> Optional.empty();
    };
  }

  /** The last number that stands free: not inside a word, not a label such as "2." or "(3)". */
  private static Optional<Found> lastNumber(String text) {
    for (int end = text.length(); end > 0; end--) {
      if (isDigit(text, end - 1)) {
        int start = end;
        while (start > 0 && (isDigit(text, start - 1) || isJoint(text, start - 1))) {
          start--;
        }
        boolean negative = start > 0 && "-−".indexOf(text.charAt(start - 1)) >= 0;
        int from = negative && !isWordPart(text, start - 2) ? start - 1 : start;
        if (!isWordPart(text, start - 1) && !isWordPart(text, end) && !isLabel(text, start, end)) {
          return AnswerExtractor.found(
              text.substring(from, end) + Suffixes.at(text, end), "number");
        }
        end = start + 1;
      }
    }
    return Optional.empty();
  }

  private static boolean isDigit(String text, int index) {
    return index >= 0 && index < text.length() && Character.isDigit(text.charAt(index));
  }

  /** A point, comma or slash between two digits belongs to the number. */
  private static boolean isJoint(String text, int index) {
    return ".,/".indexOf(text.charAt(index)) >= 0
        && isDigit(text, index - 1)
        && isDigit(text, index + 1);
  }

  private static boolean isWordPart(String text, int index) {
    return index >= 0
        && index < text.length()
        && (Character.isLetterOrDigit(text.charAt(index)) || text.charAt(index) == '_');
  }

  private static boolean isLabel(String text, int start, int end) {
    boolean lineStart = start == 0 || text.charAt(start - 1) == '\n';
    boolean listLabel =
        lineStart
            && end + 1 < text.length()
            && ".)".indexOf(text.charAt(end)) >= 0
            && Character.isWhitespace(text.charAt(end + 1));
    boolean bracketed =
        start > 0
            && text.charAt(start - 1) == '('
            && end < text.length()
            && text.charAt(end) == ')';
    return listLabel || bracketed;
  }

  /** The last capital letter in brackets or bold. */
  private static Optional<Found> lastLetter(String text) {
    for (int i = text.length() - 2; i > 0; i--) {
      char letter = text.charAt(i);
      if (letter >= 'A' && letter <= 'J') {
        char before = text.charAt(i - 1);
        char after = text.charAt(i + 1);
        if ((before == '(' && after == ')')
            || (before == '[' && after == ']')
            || (before == '*' && after == '*')) {
          return Optional.of(new Found(String.valueOf(letter), "letter"));
        }
      }
    }
    return Optional.empty();
  }
}
