package io.capoflow.verifiers.extraction;

import io.capoflow.verifiers.extraction.Extraction.Found;
import java.util.Optional;

/** "The answer is …", "Final answer: …", "the correct option is …", to the end of the sentence. */
final class AnswerPhrases {
  private static final String[] PREFERENCES = {"correct", "right", "best"};
  private static final String[] VERBS = {"is", "are", "was"};
  private static final String[] REASONS = {
    "because",
    "since",
    "so",
    "which",
    "as",
    "where",
    "when",
    "with",
    "that",
    "but",
    "for",
    "hence",
    "thus",
    "therefore",
    "if"
  };

  private static final String[] SUBJECTS = {"answer", "option", "choice"};

  /** The pairs of neighbouring letters in a subject: all subjects are of one length. */
  private static final int PAIRS = 5;

  private static final int ASCII = 128;

  /** A bit for each pair of each subject that has the letter first, and those that have it last. */
  private static final short[] PAIR_FIRST = new short[ASCII];

  private static final short[] PAIR_LAST = new short[ASCII];

  static {
    for (int subject = 0; subject < SUBJECTS.length; subject++) {
      for (int pair = 0; pair < PAIRS; pair++) {
        int bit = 1 << (pair * SUBJECTS.length + subject);
        PAIR_FIRST[SUBJECTS[subject].charAt(pair)] |= (short) bit;
        PAIR_LAST[SUBJECTS[subject].charAt(pair + 1)] |= (short) bit;
      }
    }
  }

  private AnswerPhrases() {}

  /** Looks at every fifth pair of letters alone, of which each subject has exactly one. */
  static Optional<Found> last(String text) {
    for (int end = text.length() - 1; end > 0; end -= PAIRS) {
      int pairs = PAIR_LAST[letter(text.charAt(end))];
      if (pairs == 0) {
        continue; // most are seen not to fit by their last letter
      }
      pairs &= PAIR_FIRST[letter(text.charAt(end - 1))];
      for (int rest = pairs; rest != 0; rest &= rest - 1) {
        int pair = Integer.numberOfTrailingZeros(rest) / SUBJECTS.length;
        int start = afterVerb(text, end - 1 - pair);
        if (start >= 0) {
          return answer(text.substring(start, sentenceEnd(text, start)));
        }
      }
    }
    return Optional.empty();
  }

  /** The lower-case letter that a comparison without regard to case takes it for; 0 for none. */
  private static int letter(char c) {
    if (c < ASCII) {
      return c | 0x20;
    }
    return switch (c) {
      case 'ſ' -> 's';
      case 'ı', 'İ' -> 'i';
      default -> 0;
    };
  }

  private static Optional<Found> answer(String sentence) {
    return MathEnvironments.last(sentence)
        .map(inner -> new Found(inner.text(), "phrase"))
        .or(() -> Found.of(withoutReason(sentence), "phrase"));
  }

  /** Where the answer begins, if "answer is", "answer:" or "answer =" begins at the position. */
  private static int afterVerb(String text, int position) {
    if (position < 0) {
      return -1;
    }
    String subject =
        switch (text.charAt(position)) {
          case 'a', 'A' -> "answer";
          case 'o', 'O' -> "option";
          case 'c', 'C' -> "choice";
          default -> "";
        };
    if (subject.isEmpty()
        || isLetter(text, position - 1)
        || !text.regionMatches(true, position, subject, 0, subject.length())) {
      return -1;
    }
    if (!subject.equals("answer") && !isPreferred(text, position)) {
      return -1;
    }
    int at = position + subject.length();
    at += at < text.length() && (text.charAt(at) == 's' || text.charAt(at) == 'S') ? 1 : 0;
    if (isLetter(text, at)) {
      return -1;
    }
    at = skip(text, at, " *_");
    String verb = wordAt(text, at, VERBS);
    if (!verb.isEmpty() && !isLetter(text, at + verb.length())) {
      at += verb.length();
    } else if (at < text.length() && (text.charAt(at) == ':' || text.charAt(at) == '=')) {
      at++;
    } else {
      return -1;
    }
    at = skip(text, at, " *_");
    at += at < text.length() && text.charAt(at) == ':' ? 1 : 0;
    return skip(text, at, " *_\n\r\t");
  }

  /** Whether "correct" or the like is the word before. */
  private static boolean isPreferred(String text, int position) {
    int end = position;
    while (end > 0 && " *_".indexOf(text.charAt(end - 1)) >= 0) {
      end--;
    }
    for (String word : PREFERENCES) {
      if (end < position && text.regionMatches(true, end - word.length(), word, 0, word.length())) {
        return true;
      }
    }
    return false;
  }

  private static String wordAt(String text, int position, String[] words) {
    for (String word : words) {
      if (text.regionMatches(true, position, word, 0, word.length())) {
        return word;
      }
    }
    return "";
  }

  private static boolean isLetter(String text, int position) {
    return position >= 0 && position < text.length() && Character.isLetter(text.charAt(position));
  }

  private static int skip(String text, int from, String characters) {
    int position = from;
    while (position < text.length() && characters.indexOf(text.charAt(position)) >= 0) {
      position++;
    }
    return position;
  }

  /** A full stop ends a sentence unless a digit follows it or mathematics surrounds it. */
  private static int sentenceEnd(String text, int start) {
    int position = start;
    while (position < text.length()) {
      char here = text.charAt(position);
      boolean digitFollows =
          position + 1 < text.length() && Character.isDigit(text.charAt(position + 1));
      if (here == '\n' || here == '?' || (here == '.' && !digitFollows)) {
        return position;
      }
      position = MathEnvironments.behind(text, position);
    }
    return text.length();
  }

  /** Without what explains the answer: ", because …". */
  private static String withoutReason(String sentence) {
    for (int i = 1; i < sentence.length(); i++) {
      char before = sentence.charAt(i - 1);
      if (before != ' ' || !isLetter(sentence, i)) {
        continue;
      }
      String word = wordAt(sentence, i, REASONS);
      boolean whole = !word.isEmpty() && !isLetter(sentence, i + word.length());
      boolean comma = i > 1 && sentence.charAt(i - 2) == ',';
      if (whole && (comma || word.equals("because") || word.equals("since"))) {
        return sentence.substring(0, comma ? i - 2 : i - 1);
      }
    }
    return sentence;
  }
}
