package io.capoflow.verifiers.extraction;

import io.capoflow.verifiers.extraction.Extraction.Found;
import java.util.Optional;

/** The weakest rules: the last number, the last letter. */
final class WeakRules {
  private WeakRules() {}

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
          return Found.of(text.substring(from, end) + Suffixes.at(text, end), "number");
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
