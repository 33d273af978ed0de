package io.capoflow.models.critic;

import static java.util.Objects.requireNonNull;

/**
 * Disarms untrusted text before it enters a critic's prompt: no rollout can close a step, open an
 * answer, write a judgment, or end the chat turn. What a critic then quotes cannot be read as its
 * own answer either. Linear in the text. Stateless and thread-safe.
 *
 * <p>Only what could be taken for structure is changed, and visibly so: {@code </step_2>} becomes
 * {@code ‹/step_2›}, {@code Judgment:} becomes {@code Judg·ment:}. Comparisons such as {@code x < 3
 * and y > 2} stay as they are.
 */
public final class Escapes {
  /** A tag is a name of at most so many characters between angle brackets. */
  private static final int MAX_TAG = 64;

  private Escapes() {}

  /** The text with everything that could pass for structure disarmed. */
  public static String disarm(String untrusted) {
    requireNonNull(untrusted, "untrusted");
    StringBuilder safe = new StringBuilder(untrusted.length() + 16);
    int position = 0;
    while (position < untrusted.length()) {
      char here = untrusted.charAt(position);
      int tagEnd = here == '<' ? tagEnd(untrusted, position) : -1;
      if (tagEnd >= 0) {
        safe.append('‹').append(disarm(untrusted.substring(position + 1, tagEnd)));
        position = tagEnd;
        if (position < untrusted.length() && untrusted.charAt(position) == '>') {
          safe.append('›');
          position++;
        }
      } else if (here == '[' && instructionMarker(untrusted, position)) {
        safe.append('⟦');
        position++;
      } else if (untrusted.regionMatches(true, position, "judg", 0, 4)) {
        safe.append(untrusted, position, position + 4);
        position += 4;
        if (endsJudgment(untrusted, position)) {
          safe.append('·');
        }
      } else {
        safe.append(here);
        position++;
      }
    }
    return safe.toString();
  }

  /**
   * Where a tag that opens here ends: before its {@code >}, or where its name ends when it is one
   * of ours; -1 when this is a mere "less than".
   */
  private static int tagEnd(String text, int position) {
    Cursor cursor = new Cursor(text, position + 1);
    cursor.skipBlanks();
    cursor.take("/");
    cursor.skipBlanks();
    if (cursor.take("|")) {
      return cursor.position();
    }
    if (cursor.take("<")) {
      return position + 1; // the next one is judged by what follows it
    }
    int nameStart = cursor.position();
    boolean ours = cursor.take("step") || cursor.take("incorrect");
    int limit = Math.min(text.length(), nameStart + MAX_TAG);
    while (cursor.position() < limit && partOfName(cursor.peek())) {
      cursor.advance();
    }
    boolean closed = cursor.position() < limit && cursor.peek() == '>';
    return ours || (closed && cursor.position() > nameStart) ? cursor.position() : -1;
  }

  private static boolean partOfName(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '-' || c == '\\' || c == '|';
  }

  /** {@code [INST]} and {@code [/INST]} of some chat formats. */
  private static boolean instructionMarker(String text, int position) {
    return text.regionMatches(true, position, "[INST]", 0, 6)
        || text.regionMatches(true, position, "[/INST]", 0, 7);
  }

  private static boolean endsJudgment(String text, int position) {
    return text.regionMatches(true, position, "ment", 0, 4)
        || text.regionMatches(true, position, "ement", 0, 5);
  }
}
