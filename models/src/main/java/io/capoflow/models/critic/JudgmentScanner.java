package io.capoflow.models.critic;

import io.capoflow.schemas.Judgment;
import java.util.Locale;
import java.util.Optional;

/**
 * Finds the Yes or No of the last {@code Judgment: …} that has one, in either spelling of the word.
 * The question's own "(Yes/No)" is no answer.
 */
final class JudgmentScanner {
  /** An answer stands near its label; a bound keeps the scan linear. */
  private static final int REACH = 160;

  private JudgmentScanner() {}

  static Optional<Judgment> read(String text) {
    Optional<Judgment> last = Optional.empty();
    for (int position = 0; position < text.length(); position++) {
      int answer = afterLabel(text, position);
      if (answer >= 0) {
        Optional<Judgment> found = yesOrNo(text, answer);
        last = found.isPresent() ? found : last;
      }
    }
    return last;
  }

  /** Where the text after a label at the position begins, or -1. */
  private static int afterLabel(String text, int position) {
    if (position > 0 && Character.isLetterOrDigit(text.charAt(position - 1))) {
      return -1;
    }
    Cursor cursor = new Cursor(text, position);
    if (!cursor.take("judgment") && !cursor.take("judgement")) {
      return -1;
    }
    cursor.take("**");
    cursor.skipBlanks();
    return cursor.take(":") ? cursor.position() : -1;
  }

  private static Optional<Judgment> yesOrNo(String text, int from) {
    Cursor cursor = new Cursor(text, from);
    int end = Math.min(text.length(), from + REACH);
    while (cursor.position() < end) {
      String word = cursor.takeLetters().toLowerCase(Locale.ROOT);
      if (word.isEmpty()) {
        cursor.advance();
      } else if (word.equals("yes") || word.equals("no")) {
        if (!cursor.take("/no") && !cursor.take("/yes") && !cursor.take(" or no")) {
          return Optional.of(Judgment.of(word.equals("yes")));
        }
      } else if (word.equals("judgment") || word.equals("judgement")) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }
}
