package io.capoflow.verifiers;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.reading.Lexicon;
import io.capoflow.verifiers.reading.Units;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Finds {@code \boxed{…}} and {@code \fbox{…}} by matching braces in one pass, whatever stands
 * between them.
 */
final class Boxes {
  private static final List<String> COMMANDS = List.of("\\boxed", "\\fbox");

  private final String text;
  private final List<Box> boxes = new ArrayList<>();

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

  /**
   * @param start where the command stands
   * @param end behind the closing brace, or -1
   */
  private record Box(int start, int contentStart, int contentEnd, int end) {}

  static Last last(String text) {
    Boxes found = new Boxes(text);
    found.scan();
    return found.last();
  }

  private void scan() {
    Deque<Integer> open = new ArrayDeque<>(); // start of a box, or -1 for any other brace
    for (int position = 0; position < text.length(); position++) {
      char here = text.charAt(position);
      if (here == '\\') {
        position = command(position, open);
      } else if (here == '{') {
        open.push(-1);
      } else if (here == '}' && !open.isEmpty()) {
        int start = open.pop();
        if (start >= 0) {
          boxes.add(new Box(start, text.indexOf('{', start) + 1, position, position + 1));
        }
      }
    }
    open.stream().filter(start -> start >= 0).forEach(s -> boxes.add(new Box(s, s, s, -1)));
  }

  /** Handles what a backslash begins; returns the last position that it takes. */
  private int command(int position, Deque<Integer> open) {
    Optional<String> box = COMMANDS.stream().filter(c -> text.startsWith(c, position)).findFirst();
    if (box.isEmpty()) {
      return position + 1; // an escaped brace is no brace
    }
    int next = position + box.get().length();
    if (next < text.length() && Character.isLetter(text.charAt(next))) {
      return next; // another command that begins like it
    }
    while (next < text.length() && text.charAt(next) == ' ') {
      next++;
    }
    if (next >= text.length()) {
      boxes.add(new Box(position, position, position, -1));
    } else if (text.charAt(next) == '{') {
      open.push(position);
    } else {
      int end = next;
      while (end < text.length() && " \n$.,;}".indexOf(text.charAt(end)) < 0) {
        end++;
      }
      boxes.add(new Box(position, next, end, end));
      return Math.max(next, end - 1);
    }
    return next;
  }

  private Last last() {
    if (boxes.isEmpty()) {
      return new Last.None();
    }
    List<Box> ordered = boxes.stream().sorted(Comparator.comparingInt(Box::start)).toList();
    Box last = outermost(ordered);
    if (last.end() < 0 || content(last).isBlank()) {
      return new Last.Bad();
    }
    List<String> contents = new ArrayList<>(List.of(content(last)));
    Box first = last;
    for (int i = ordered.size() - 1; i >= 0 && contents.size() <= Budget.LIST; i--) {
      Box before = ordered.get(i);
      if (before.end() < 0 || before.end() > first.start()) {
        continue; // it holds the later one, or stands in it
      }
      if (!isJoint(before.end(), first.start())) {
        break;
      }
      contents.add(0, content(before));
      first = before;
    }
    contents.removeIf(String::isBlank);
    return new Last.Content(String.join(", ", contents) + suffix(last.end()));
  }

  /** The box that starts last, or the closed one that holds it. */
  private static Box outermost(List<Box> ordered) {
    Box last = ordered.get(ordered.size() - 1);
    for (Box box : ordered) {
      if (box.end() >= last.end() && last.end() >= 0) {
        return box;
      }
    }
    return last;
  }

  private String content(Box box) {
    return text.substring(box.contentStart(), box.contentEnd());
  }

  /** Commas, semicolons, "and", "or", blanks and dollar signs join boxes to a list. */
  private boolean isJoint(int from, int to) {
    if (to - from > 64) {
      return false;
    }
    String between = text.substring(from, to).toLowerCase(Locale.ROOT);
    for (String joint :
        List.of("\\text", "\\quad", "\\qquad", "\\", "and", "or", ",", ";", "$", "{", "}", "~")) {
      between = between.replace(joint, " ");
    }
    return between.isBlank();
  }

  /** A percent sign or a currency's sign directly behind the box belongs to the answer. */
  private String suffix(int end) {
    int position = end;
    while (position < text.length() && " $".indexOf(text.charAt(position)) >= 0) {
      position++;
    }
    if (text.startsWith("%", position) || text.startsWith("\\%", position)) {
      return "\\%";
    }
    int word = position;
    while (word < text.length() && Character.isLetter(text.charAt(word))) {
      word++;
    }
    String following = text.substring(position, word).toLowerCase(Locale.ROOT);
    boolean belongs =
        following.equals("percent")
            || Lexicon.CURRENCY_OF_NAME.containsKey(following)
            || (following.length() > 1 && Units.named(following).isPresent());
    boolean preposition = following.equals("in") || following.equals("min");
    return belongs && !preposition ? "\\text{ " + following + "}" : "";
  }
}
