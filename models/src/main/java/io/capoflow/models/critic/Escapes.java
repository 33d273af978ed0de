package io.capoflow.models.critic;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Disarms untrusted text before it enters a critic's prompt: no rollout can close a step or any
 * other tag of a template, open an answer, write a judgment, end the chat turn, or spell a special
 * token, which tokenizers read inside text too. What a critic then quotes cannot be read as its own
 * answer either. Linear in the text. Stateless and thread-safe.
 *
 * <p>Only what could be taken for structure is changed, and visibly so: {@code </step_2>} becomes
 * {@code ‹/step_2›}, {@code Judgment:} becomes {@code Judg·ment:}. Which tags a template uses is
 * not known here, and models obey unclosed ones, so every {@code <} directly before a letter
 * counts: {@code a<b} becomes {@code a‹b}, which still reads as "less than". Comparisons with a
 * number, an equals sign or a blank, such as {@code x < y}, {@code 2<3} and {@code a<=b}, stay as
 * they are.
 */
public final class Escapes {
  /** A closed tag has a name of at most so many characters. */
  private static final int MAX_TAG = 64;

  /** The slash of closing tags, the bars of special tokens (the second in full width), and "<<". */
  private static final String AFTER_OPENING = "/|\uFF5C<";

  /** What names may hold beside letters and digits; the last two are those of special tokens. */
  private static final String IN_NAMES = "_-\\|\uFF5C\u2581";

  /** Names of tags that count even unclosed and after a blank. */
  private static final List<String> OURS = List.of("step", "paragraph", "incorrect");

  /** Special tokens in square brackets, of chat formats and of tokenizers. */
  private static final List<String> BRACKETED =
      List.of(
          "INST",
          "SYSTEM_PROMPT",
          "AVAILABLE_TOOLS",
          "TOOL_CALLS",
          "TOOL_RESULTS",
          "BOS",
          "EOS",
          "PAD",
          "UNK",
          "CLS",
          "SEP",
          "MASK",
          "gMASK",
          "sMASK");

  private Escapes() {}

  /** The text with everything that could pass for structure disarmed. */
  public static String disarm(String untrusted) {
    requireNonNull(untrusted, "untrusted");
    StringBuilder safe = new StringBuilder(untrusted.length() + 16);
    int closing = -1;
    int position = 0;
    while (position < untrusted.length()) {
      char here = untrusted.charAt(position);
      if (here == '<' && opensTag(untrusted, position)) {
        closing = closing(untrusted, position);
        safe.append('‹');
      } else if (position == closing) {
        safe.append('›');
      } else if (here == '[' && bracketed(untrusted, position)) {
        safe.append('⟦');
      } else if (endsJudgment(untrusted, position)) {
        safe.append('·').append(here);
      } else {
        safe.append(here);
      }
      position++;
    }
    return safe.toString();
  }

  /** Whether the "less than" here could be taken for the beginning of a tag. */
  private static boolean opensTag(String text, int position) {
    int next = pastBlanks(text, position + 1);
    if (next == text.length()) {
      return false;
    }
    if (AFTER_OPENING.indexOf(text.charAt(next)) >= 0) {
      return true;
    }
    boolean adjacent = next == position + 1;
    int first = text.codePointAt(next);
    return (adjacent && (Character.isLetter(first) || first == '_'))
        || OURS.stream().anyMatch(name -> text.regionMatches(true, next, name, 0, name.length()))
        || closing(text, position) >= 0;
  }

  /** Where the {@code >} of a mere name, or of its closing tag, stands; -1 where there is none. */
  private static int closing(String text, int position) {
    int start = pastBlanks(text, position + 1);
    if (start < text.length() && text.charAt(start) == '/') {
      start = pastBlanks(text, start + 1);
    }
    int limit = Math.min(text.length(), start + MAX_TAG);
    int end = start;
    while (end < limit && partOfName(text.codePointAt(end))) {
      end += Character.charCount(text.codePointAt(end));
    }
    int closing = pastBlanks(text, end);
    boolean closed = closing < text.length() && text.charAt(closing) == '>';
    return closed && end > start ? closing : -1;
  }

  private static boolean partOfName(int character) {
    return Character.isLetterOrDigit(character) || IN_NAMES.indexOf(character) >= 0;
  }

  /** Skips blanks of every width, none included. */
  private static int pastBlanks(String text, int position) {
    int end = position;
    while (end < text.length() && isBlank(text.charAt(end))) {
      end++;
    }
    return end;
  }

  private static boolean isBlank(char c) {
    return Character.isWhitespace(c)
        || Character.isSpaceChar(c)
        || Character.isIdentifierIgnorable(c);
  }

  /** {@code [INST]}, {@code [/INST]} and their like. */
  private static boolean bracketed(String text, int position) {
    int start = text.startsWith("/", position + 1) ? position + 2 : position + 1;
    return BRACKETED.stream()
        .anyMatch(
            name ->
                text.regionMatches(true, start, name, 0, name.length())
                    && text.startsWith("]", start + name.length()));
  }

  /** Whether "ment" or "ement" stands here after "judg". */
  private static boolean endsJudgment(String text, int position) {
    return text.regionMatches(true, position - 4, "judg", 0, 4)
        && (text.regionMatches(true, position, "ment", 0, 4)
            || text.regionMatches(true, position, "ement", 0, 5));
  }
}
