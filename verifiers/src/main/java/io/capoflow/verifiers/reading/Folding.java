package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.reading.Token.Kind;
import java.text.Normalizer;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Words, without what does not count between them: case, width, blanks, articles, a final stop. */
public final class Folding {
  private static final Set<String> ARTICLES = Set.of("a", "an", "the");

  private Folding() {}

  /** Empty where the tokens are no words alone. */
  static Optional<String> words(Tokens tokens) {
    boolean word = false;
    for (int i = 0; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      boolean allowed =
          token.kind() == Kind.TEXT
              || token.kind() == Kind.LETTER
              || token.is("-")
              || token.is("'")
              || token.is(".")
              || token.is("!");
      if (!allowed) {
        return Optional.empty();
      }
      word |= token.kind() == Kind.TEXT;
    }
    if (!word) {
      return Optional.empty();
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < tokens.size(); i++) {
      text.append(tokens.get(i).text()).append(' ');
    }
    String folded = fold(text.toString());
    return folded.isEmpty() ? Optional.empty() : Optional.of(folded);
  }

  /** Any text, folded. */
  public static String fold(String text) {
    String normal =
        Normalizer.normalize(text, Normalizer.Form.NFKC)
            .toUpperCase(Locale.ROOT)
            .toLowerCase(Locale.ROOT);
    StringBuilder folded = new StringBuilder();
    int start = 0;
    for (int i = 0; i <= normal.length(); i++) {
      if (i == normal.length() || " .\t\n".indexOf(normal.charAt(i)) >= 0) {
        String word = normal.substring(start, i);
        if (!word.isEmpty() && !ARTICLES.contains(word)) {
          folded.append(folded.length() == 0 ? "" : " ").append(word);
        }
        start = i + 1;
      }
    }
    return folded.toString();
  }
}
