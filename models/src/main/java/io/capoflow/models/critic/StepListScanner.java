package io.capoflow.models.critic;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads a list of step numbers: {@code 1, 4}, {@code <step_1>,<step_4>}, {@code Step 1 and step 4},
 * {@code [1; 4]}, {@code None}, nothing. A number inside prose is never picked out: a list in which
 * anything else stands cannot be read.
 */
final class StepListScanner {
  private static final Set<String> NOTHING =
      Set.of(
          "",
          "[]",
          "{}",
          "()",
          "-",
          "none",
          "nothing",
          "empty",
          "null",
          "nil",
          "na",
          "n a",
          "no",
          "no step",
          "no steps",
          "no incorrect step",
          "no incorrect steps",
          "no wrong steps",
          "no errors",
          "there are no incorrect steps",
          "none of the steps",
          "all steps are correct");
  private static final Set<String> FILLERS = Set.of("step", "steps", "and", "index", "indices");
  private static final String PUNCTUATION = ",;.:<>/_#[](){}*`'\"\\&-•";
  private static final int MAX_DIGITS = 9;

  private StepListScanner() {}

  /**
   * @param inRange ascending, without repeats
   * @param impossible how many different others
   */
  record Indices(List<Integer> inRange, int impossible) {}

  /** Empty where the list cannot be read. */
  static Optional<Indices> read(String list, int stepCount) {
    TreeSet<Integer> inRange = new TreeSet<>();
    Set<String> impossible = new HashSet<>();
    StringBuilder words = new StringBuilder();
    boolean fillersOnly = true;
    Cursor cursor = new Cursor(list, 0);
    while (!cursor.atEnd()) {
      char here = cursor.peek();
      if (Character.isLetter(here)) {
        String word = cursor.takeLetters().toLowerCase(Locale.ROOT);
        fillersOnly &= FILLERS.contains(word);
        words.append(words.isEmpty() ? "" : " ").append(word);
      } else if (here >= '0' && here <= '9') {
        boolean negative = signed(list, cursor.position());
        String digits = withoutLeadingZeros(cursor.takeDigits());
        if (joinsAnotherNumber(list, cursor.position())) {
          return Optional.empty();
        }
        if (!negative && digits.length() <= MAX_DIGITS && Integer.parseInt(digits) < stepCount) {
          inRange.add(Integer.parseInt(digits));
        } else {
          impossible.add((negative ? "-" : "") + digits);
        }
      } else if (Character.isWhitespace(here) || PUNCTUATION.indexOf(here) >= 0) {
        cursor.advance();
      } else {
        return Optional.empty();
      }
    }
    boolean named = !inRange.isEmpty() || !impossible.isEmpty();
    boolean readable =
        named ? fillersOnly : NOTHING.contains(words.isEmpty() ? list.strip() : words.toString());
    return readable
        ? Optional.of(new Indices(List.copyOf(inRange), impossible.size()))
        : Optional.empty();
  }

  /** Whether a minus sign makes it a number below 0, as in "-1" but not in "step-1". */
  private static boolean signed(String list, int digits) {
    return digits > 0
        && list.charAt(digits - 1) == '-'
        && (digits == 1 || !Character.isLetter(list.charAt(digits - 2)));
  }

  /** "1-3", "1.5", "2/3", "1_000" and "3x" are no step numbers, and guessing at them is worse. */
  private static boolean joinsAnotherNumber(String list, int end) {
    if (end >= list.length()) {
      return false;
    }
    char next = list.charAt(end);
    boolean joint = next == '-' || next == '.' || next == '/' || next == '_' || next == ':';
    return Character.isLetter(next)
        || (joint && end + 1 < list.length() && Character.isDigit(list.charAt(end + 1)));
  }

  private static String withoutLeadingZeros(String digits) {
    int start = 0;
    while (start < digits.length() - 1 && digits.charAt(start) == '0') {
      start++;
    }
    return digits.substring(start);
  }
}
