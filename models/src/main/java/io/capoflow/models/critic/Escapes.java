package io.capoflow.models.critic;

import static java.util.Objects.requireNonNull;

import java.text.Normalizer;
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
 *
 * <p>The text is searched as its {@link Skeleton}: full width, letters of other alphabets, marks,
 * and characters that are not seen hide nothing.
 */
public final class Escapes {
  /** A closed tag has a name of at most so many characters. */
  private static final int MAX_TAG = 64;

  /** The slash of closing tags, the bar of special tokens, and "<<". */
  private static final String AFTER_OPENING = "/|<";

  /** What names may hold beside letters and digits; the last is that of special tokens. */
  private static final String IN_NAMES = "_-\\|\u2581";

  /** Names of tags that count even unclosed and after a blank. */
  private static final List<String> OURS = List.of("step", "paragraph", "incorrect");

  /** Special tokens in square brackets, of chat formats and of tokenizers, in lower case. */
  private static final List<String> BRACKETED =
      List.of(
          "inst",
          "system_prompt",
          "available_tools",
          "tool_calls",
          "tool_results",
          "tool_content",
          "args",
          "call_id",
          "model_settings",
          "think",
          "prefix",
          "middle",
          "suffix",
          "img",
          "img_break",
          "img_end",
          "multimodal",
          "audio",
          "begin_audio",
          "transcribe",
          "@bos@",
          "toxicity=0",
          "bos",
          "eos",
          "pad",
          "unk",
          "cls",
          "sep",
          "mask",
          "gmask",
          "smask");

  /** On which a mark of an untrusted text's beginning stands, instead of on our own text. */
  private static final char DOTTED_CIRCLE = '\u25CC';

  private static final char BRAILLE_BLANK = '\u2800';

  private Escapes() {}

  /** The text with everything that could pass for structure disarmed. */
  public static String disarm(String untrusted) {
    requireNonNull(untrusted, "untrusted");
    Skeleton seen = Skeleton.of(untrusted);
    StringBuilder safe = new StringBuilder(untrusted.length() + 16);
    if (beginsWithMark(untrusted)) {
      safe.append(DOTTED_CIRCLE);
    }
    int copied = 0;
    int closing = -1;
    for (int index = 0; index < seen.length(); index++) {
      int here = seen.at(index);
      int position = seen.position(index);
      char instead = 0;
      if (here == '<' && opensTag(seen, index)) {
        closing = closing(seen, index);
        instead = '‹';
      } else if (index == closing) {
        instead = '›';
      } else if (here == '[' && bracketed(seen, index)) {
        instead = '⟦';
      }
      if (instead != 0) {
        safe.append(untrusted, copied, position).append(instead).append(marks(untrusted, position));
        copied = position + 1;
      } else if (endsJudgment(seen, index)) {
        safe.append(untrusted, copied, position).append('·');
        copied = position;
      }
    }
    return safe.append(untrusted, copied, untrusted.length()).toString();
  }

  /** A disarmed text that other text may continue: a bracket at its end is disarmed, too. */
  static String disarmEnd(String disarmed) {
    Skeleton seen = Skeleton.of(disarmed);
    int last = seen.length() - 1;
    while (last >= 0 && isBlank(seen.at(last))) {
      last--;
    }
    if (last < 0 || seen.at(last) != '<') {
      return disarmed;
    }
    int position = seen.position(last);
    return disarmed.substring(0, position)
        + '‹'
        + marks(disarmed, position)
        + disarmed.substring(position + 1);
  }

  /** Such a mark would change what stands before the text. */
  private static boolean beginsWithMark(String text) {
    return text.codePoints()
        .filter(character -> Skeleton.isMark(character) || !Skeleton.isUnseen(character))
        .limit(1)
        .anyMatch(Skeleton::isMark);
  }

  /** The marks that a bracket has in one character with it: the stroke of "not less than". */
  private static String marks(String text, int position) {
    return Normalizer.normalize(text.substring(position, position + 1), Normalizer.Form.NFKD)
        .substring(1);
  }

  /** Whether the "less than" here could be taken for the beginning of a tag. */
  private static boolean opensTag(Skeleton text, int index) {
    int next = pastBlanks(text, index + 1);
    if (next == text.length()) {
      return false;
    }
    int first = text.at(next);
    boolean adjacent = next == index + 1;
    return AFTER_OPENING.indexOf(first) >= 0
        || (adjacent && (Character.isLetter(first) || first == '_'))
        || OURS.stream().anyMatch(name -> text.startsWith(name, next))
        || closing(text, index) >= 0;
  }

  /** Where the {@code >} of a mere name, or of its closing tag, stands; -1 where there is none. */
  private static int closing(Skeleton text, int index) {
    int start = nameStart(text, index);
    int end = nameEnd(text, start);
    int closing = pastBlanks(text, end);
    boolean closed = closing < text.length() && text.at(closing) == '>';
    return closed && end > start ? closing : -1;
  }

  private static int nameStart(Skeleton text, int index) {
    int start = pastBlanks(text, index + 1);
    return start < text.length() && text.at(start) == '/' ? pastBlanks(text, start + 1) : start;
  }

  private static int nameEnd(Skeleton text, int start) {
    int limit = Math.min(text.length(), start + MAX_TAG);
    int end = start;
    while (end < limit && partOfName(text.at(end))) {
      end++;
    }
    return end;
  }

  private static boolean partOfName(int character) {
    return Character.isLetterOrDigit(character) || IN_NAMES.indexOf(character) >= 0;
  }

  /** Skips blanks of every width. */
  private static int pastBlanks(Skeleton text, int index) {
    int end = index;
    while (end < text.length() && isBlank(text.at(end))) {
      end++;
    }
    return end;
  }

  private static boolean isBlank(int c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == BRAILLE_BLANK;
  }

  /** {@code [INST]}, {@code [/INST]} and their like. */
  private static boolean bracketed(Skeleton text, int index) {
    int start = text.startsWith("/", index + 1) ? index + 2 : index + 1;
    return BRACKETED.stream()
        .anyMatch(
            name -> text.startsWith(name, start) && text.startsWith("]", start + name.length()));
  }

  /** Whether "ment" or "ement" stands here after "judg". */
  private static boolean endsJudgment(Skeleton text, int index) {
    return text.startsWith("judg", index - 4)
        && (text.startsWith("ment", index) || text.startsWith("ement", index));
  }
}
