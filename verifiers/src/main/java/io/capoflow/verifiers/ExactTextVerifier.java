package io.capoflow.verifiers;

import io.capoflow.verifiers.extraction.Sought;
import io.capoflow.verifiers.reading.Latex;
import io.capoflow.verifiers.reading.Lexicon;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Words: equal as a whole but for case, compatible characters (NFKC), blanks, articles, dollar
 * signs, {@code \text{…}} and final punctuation. Never a part of a text, never a distance between
 * texts. In lenient mode a response of one line and at most 200 characters, in which nothing marks
 * an answer, is the answer.
 */
public final class ExactTextVerifier extends PlainVerifier {
  private static final int WHOLE_RESPONSE = 200;
  private static final Set<String> ARTICLES = Set.of("a", "an", "the");
  private static final String FINAL_PUNCTUATION = ".,;:!?";

  public ExactTextVerifier() {
    super("text", "text-1", Sought.OTHER, "Text", "text");
  }

  /** Blank texts have no normal form: they equal nothing. */
  @Override
  Optional<String> read(String text) {
    String plain = Normalizer.normalize(withoutMarkup(text), Normalizer.Form.NFKC);
    // To capitals and back, so that ß and SS, ς and σ are the same.
    String folded = plain.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT).replace('ς', 'σ');
    int end = folded.length();
    while (end > 0
        && (Character.isWhitespace(folded.charAt(end - 1))
            || FINAL_PUNCTUATION.indexOf(folded.charAt(end - 1)) >= 0)) {
      end--;
    }
    String joined = String.join(" ", withoutArticles(words(folded.substring(0, end))));
    return joined.isEmpty() ? Optional.empty() : Optional.of(joined);
  }

  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    int start = -1;
    for (int i = 0; i <= text.length(); i++) {
      boolean blank = i == text.length() || isBlank(text.charAt(i));
      if (blank && start >= 0) {
        words.add(text.substring(start, i));
        start = -1;
      } else if (!blank && start < 0) {
        start = i;
      }
    }
    return words;
  }

  private static boolean isBlank(char character) {
    return Character.isWhitespace(character) || Character.isSpaceChar(character);
  }

  /** An article stands before something: the last word of "vitamin A" is none. */
  private static List<String> withoutArticles(List<String> words) {
    List<String> kept = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      if (i + 1 == words.size() || !ARTICLES.contains(words.get(i))) {
        kept.add(words.get(i));
      }
    }
    return kept;
  }

  /** Without dollar signs, emphasis, and the commands and braces of {@code \text{…}}. */
  private static String withoutMarkup(String text) {
    StringBuilder plain = new StringBuilder(text.length());
    int braces = 0;
    for (int i = 0; i < text.length(); i++) {
      char here = text.charAt(i);
      if (here == '\\') {
        int end = Latex.commandEnd(text, i);
        boolean words =
            Lexicon.TEXT_COMMANDS.contains(text.substring(i, end))
                && end < text.length()
                && text.charAt(end) == '{';
        plain.append(words ? "" : text.substring(i, end));
        braces += words ? 1 : 0;
        i = words ? end : end - 1;
      } else if (here == '}' && braces > 0) {
        braces--;
      } else if ("$*`".indexOf(here) < 0) {
        plain.append(here);
      }
    }
    return plain.toString();
  }

  @Override
  Optional<String> weakest(String response) {
    String text = response.strip();
    boolean line =
        !text.isEmpty() && text.length() <= WHOLE_RESPONSE && text.lines().limit(2).count() == 1;
    return line && !text.contains("<think>") && !text.contains("</think>")
        ? Optional.of(text)
        : Optional.empty();
  }
}
