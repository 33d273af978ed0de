package io.capoflow.verifiers;

import io.capoflow.verifiers.Extraction.Found;
import io.capoflow.verifiers.Extraction.Missing;
import io.capoflow.verifiers.expression.Budget;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Finds the answer that a response gives (VERIFY_SPEC.md, 1): the first rule that finds one wins,
 * and within a rule the last occurrence. Every scan is linear in the 64 KiB tail.
 */
final class AnswerExtractor {
  private static final String THINK = "<think>";
  private static final String THOUGHT = "</think>";
  private static final List<String> END_OF_TURN =
      List.of(
          "<|im_end|>",
          "<|eot_id|>",
          "<|endoftext|>",
          "<|end_of_text|>",
          "<|end|>",
          "</s>",
          "<end_of_turn>",
          "<eos>");
  private static final int WHOLE_RESPONSE = 200;

  private AnswerExtractor() {}

  /** What the gold answer is, as far as a weak rule needs to know it. */
  enum Sought {
    NUMBER,
    CHOICE,
    OTHER
  }

  static Extraction extract(String response, VerifierOptions options, Sought sought) {
    String text = tail(response);
    int thought = text.lastIndexOf(THOUGHT);
    if (thought >= 0) {
      text = text.substring(thought + THOUGHT.length());
    } else if (text.contains(THINK)) {
      return new Missing("TRUNCATED");
    }
    text = withoutEndOfTurn(text);
    Boxes.Last box = Boxes.last(text);
    if (box instanceof Boxes.Last.Bad) {
      return new Missing("BAD_BOX");
    }
    if (box instanceof Boxes.Last.Content content) {
      return new Found(content.text().strip(), "box");
    }
    String searched = text;
    Optional<Found> found = hash(text).or(() -> phrase(searched));
    if (found.isEmpty() && options.mode() == VerifierOptions.Mode.LENIENT) {
      found =
          WeakRules.environment(text)
              .or(() -> whole(searched))
              .or(() -> WeakRules.last(searched, sought));
    }
    return found.<Extraction>map(f -> f).orElseGet(() -> new Missing("NO_ANSWER"));
  }

  /**
   * The answer in a gold text: from its box, its {@code ####}, or its only mathematics; else the
   * whole text.
   */
  static String gold(String gold) {
    String text = gold.strip();
    if (Boxes.last(text) instanceof Boxes.Last.Content content) {
      return content.text().strip();
    }
    return hash(text).or(() -> WeakRules.onlyEnvironment(text)).map(Found::text).orElse(text);
  }

  private static String tail(String response) {
    Budget.check(response.length() <= Budget.RESPONSE_CHARACTERS, "response length");
    return response.substring(Math.max(0, response.length() - Budget.TAIL_CHARACTERS));
  }

  private static String withoutEndOfTurn(String response) {
    String text = response.stripTrailing();
    for (boolean again = true; again; ) {
      again = false;
      for (String token : END_OF_TURN) {
        if (text.endsWith(token)) {
          text = text.substring(0, text.length() - token.length()).stripTrailing();
          again = true;
        }
      }
    }
    return text;
  }

  private static Optional<Found> hash(String text) {
    int marker = text.lastIndexOf("####");
    if (marker < 0) {
      return Optional.empty();
    }
    int end = text.indexOf('\n', marker);
    String line = text.substring(marker + 4, end < 0 ? text.length() : end);
    return found(line, "hash");
  }

  /** "The answer is …", "Answer: …", "the correct option is …", to the end of its sentence. */
  private static Optional<Found> phrase(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    int start = -1;
    for (int position = 0; position < lower.length(); position++) {
      if (isSubject(lower, position)) {
        start = Math.max(start, afterVerb(lower, position));
      }
    }
    if (start < 0 || lower.length() != text.length()) {
      return Optional.empty();
    }
    String sentence = text.substring(start, sentenceEnd(text, start));
    return WeakRules.environment(sentence)
        .map(inner -> new Found(inner.text(), "phrase"))
        .or(() -> found(sentence, "phrase"));
  }

  private static boolean isSubject(String lower, int position) {
    String subject =
        switch (lower.charAt(position)) {
          case 'a' -> "answer";
          case 'o' -> "option";
          case 'c' -> "choice";
          default -> "";
        };
    return !subject.isEmpty()
        && lower.startsWith(subject, position)
        && !letterAt(lower, position - 1);
  }

  /** Where the answer begins behind "answer is", "answer:" or "answer ="; -1 where none follows. */
  private static int afterVerb(String lower, int subject) {
    int position = subject;
    while (position < lower.length() && Character.isLetter(lower.charAt(position))) {
      position++;
    }
    position = skip(lower, position, " *_");
    boolean verb = lower.startsWith("is", position) && !letterAt(lower, position + 2);
    boolean mark = !verb && position < lower.length() && ":=".indexOf(lower.charAt(position)) >= 0;
    if (!verb && !mark) {
      return -1;
    }
    position = skip(lower, position + (verb ? 2 : 1), " *_");
    return position < lower.length() && lower.charAt(position) == ':' ? position + 1 : position;
  }

  private static boolean letterAt(String text, int position) {
    return position >= 0 && position < text.length() && Character.isLetter(text.charAt(position));
  }

  private static int skip(String text, int from, String characters) {
    int position = from;
    while (position < text.length() && characters.indexOf(text.charAt(position)) >= 0) {
      position++;
    }
    return position;
  }

  /** A full stop ends a sentence unless a digit follows it. */
  private static int sentenceEnd(String text, int start) {
    for (int position = start; position < text.length(); position++) {
      char here = text.charAt(position);
      boolean digitFollows =
          position + 1 < text.length() && Character.isDigit(text.charAt(position + 1));
      if (here == '\n' || here == '?' || (here == '.' && !digitFollows)) {
        return position;
      }
    }
    return text.length();
  }

  private static Optional<Found> whole(String text) {
    String stripped = text.strip();
    boolean prose =
        stripped.codePoints().filter(Character::isWhitespace).count() > 6
            || stripped.codePoints().anyMatch(c -> c == '?' || c == '\n');
    boolean words = longestWord(stripped) > 1 && stripped.indexOf('\\') < 0;
    return stripped.length() > WHOLE_RESPONSE || prose || words
        ? Optional.empty()
        : found(stripped, "whole");
  }

  private static int longestWord(String text) {
    int longest = 0;
    int length = 0;
    for (int i = 0; i < text.length(); i++) {
      length = Character.isLetter(text.charAt(i)) ? length + 1 : 0;
      longest = Math.max(longest, length);
    }
    return longest;
  }

  static Optional<Found> found(String raw, String rung) {
    String text = withoutMarkdown(raw);
    return text.isEmpty() ? Optional.empty() : Optional.of(new Found(text, rung));
  }

  private static String withoutMarkdown(String raw) {
    String text = raw.strip();
    int start = 0;
    int end = text.length();
    while (start < end && "*_` ".indexOf(text.charAt(start)) >= 0) {
      start++;
    }
    while (end > start && "*_` ".indexOf(text.charAt(end - 1)) >= 0) {
      end--;
    }
    return text.substring(start, end).strip();
  }
}
