package io.capoflow.verifiers.extraction;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.reading.Latex;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Finds the last {@code \boxed{…}} or {@code \fbox{…}}, from the right; braces are matched, escaped
 * ones not counted. What stands further left than a candidate is long is not looked at.
 */
final class Boxes {
  private static final String BOXED = "\\boxed";
  private static final String FBOX = "\\fbox";
  private static final int JOINT = 64;
  private static final int NEAR = 1_000;
  private static final String[] JOINTS = {
    "\\text", "\\mbox", "\\quad", "\\qquad", "\\,", "\\;", "\\ ", "\\)", "\\(", "\\[", "\\]", "and",
    "or"
  };

  private final String text;

  private Boxes(String text) {
    this.text = text;
  }

  /** What the last box says. */
  sealed interface Last {
    /** There is no box. */
    record None() implements Last {}

    /** It never closes, or holds nothing. */
    record Bad() implements Last {}

    /** Its content; boxes with nothing but "and" and commas between them are one list. */
    record Content(String text) implements Last {}
  }

  private static final Last NONE = new Last.None();
  private static final Last BAD = new Last.Bad();

  /**
   * @param start where the command stands
   * @param end behind the closing brace
   */
  private record Box(int start, int contentStart, int contentEnd, int end) {}

  static Last last(String text) {
    int near = Math.max(0, text.length() - NEAR);
    int start = lastStart(text, text.length() - 1, near);
    // Searching from the front is so much faster that it comes before searching from the right.
    if (start < 0 && text.contains("box")) {
      start = lastStart(text, near - 1, 0);
    }
    return start < 0 ? NONE : new Boxes(text).from(start);
  }

  /** Where the last box at or before a position begins; -1 where none does. */
  private static int lastStart(String text, int from, int least) {
    for (int i = from; i >= least; i--) {
      if (text.charAt(i) == '\\') {
        int length = text.startsWith(BOXED, i) ? BOXED.length() : text.startsWith(FBOX, i) ? 5 : 0;
        if (length > 0 && !isLetter(text, i + length)) {
          return i;
        }
      }
    }
    return -1;
  }

  private static boolean isLetter(String text, int index) {
    return index < text.length() && Character.isLetter(text.charAt(index));
  }

  private Last from(int start) {
    Box last = box(start);
    if (last == null || isBlank(last)) {
      return BAD;
    }
    last = outermost(last);
    String suffix = suffix(last);
    List<String> contents = new ArrayList<>(1);
    contents.add(content(last));
    Box first = last;
    while (contents.size() <= Budget.LIST) {
      Box before = previous(first);
      if (before == null
          || before.end() > first.start()
          || isBlank(before)
          || !isJoint(before.end(), first.start())) {
        break;
      }
      contents.add(content(before));
      first = before;
    }
    if (contents.size() == 1) {
      return new Last.Content(suffix.isEmpty() ? contents.get(0) : contents.get(0) + suffix);
    }
    Collections.reverse(contents);
    return new Last.Content(String.join(", ", contents));
  }

  /** The box that begins there; null where its brace never closes. */
  private Box box(int start) {
    int position = start + (text.startsWith(BOXED, start) ? BOXED.length() : FBOX.length());
    while (position < text.length() && text.charAt(position) == ' ') {
      position++;
    }
    if (position >= text.length()) {
      return null;
    }
    if (text.charAt(position) == '{') {
      int close = Latex.closingBrace(text, position);
      return close < 0 ? null : new Box(start, position + 1, close, close + 1);
    }
    int end = position;
    while (end < text.length() && " \n$.,;}".indexOf(text.charAt(end)) < 0) {
      end++;
    }
    return new Box(start, position, end, end);
  }

  /** The outermost box around it, if it stands in one. */
  private Box outermost(Box inner) {
    Box outermost = inner;
    for (int nested = 0; nested < Budget.DEPTH; nested++) {
      Box around = previous(outermost);
      if (around == null || around.contentEnd() < outermost.end()) {
        return outermost;
      }
      outermost = around;
    }
    return outermost;
  }

  private Box previous(Box box) {
    int least = Math.max(0, box.start() - Budget.CANDIDATE_CHARACTERS - JOINT);
    int start = lastStart(text, box.start() - 1, least);
    return start < 0 ? null : box(start);
  }

  private boolean isBlank(Box box) {
    for (int i = box.contentStart(); i < box.contentEnd(); i++) {
      if (!Character.isWhitespace(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private String content(Box box) {
    return text.substring(box.contentStart(), box.contentEnd()).strip();
  }

  /** Commas, semicolons, "and", "or", blanks and dollar signs join boxes to a list. */
  private boolean isJoint(int from, int to) {
    if (to - from > JOINT) {
      return false;
    }
    int position = from;
    while (position < to) {
      char here = text.charAt(position);
      if (Character.isWhitespace(here) || ",;${}~".indexOf(here) >= 0) {
        position++;
        continue;
      }
      int next = position;
      for (String joint : JOINTS) {
        if (text.regionMatches(true, position, joint, 0, joint.length())) {
          next = Math.max(next, position + joint.length());
        }
      }
      boolean word = next > position && Character.isLetter(here) && isLetter(text, next);
      if (next == position || word) {
        return false;
      }
      position = next;
    }
    return true;
  }

  /** A percent sign, currency or unit directly behind the box belongs to a number in it. */
  private String suffix(Box box) {
    char end = text.charAt(box.contentEnd() - 1);
    boolean number = Character.isDigit(end) || end == '}' || end == ')' || end == ' ';
    if (!number || box.end() >= text.length()) {
      return "";
    }
    String content = content(box);
    return content.contains("\\text") || content.contains("\\mathrm")
        ? ""
        : Suffixes.at(text, box.end());
  }
}
