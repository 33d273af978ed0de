package io.capoflow.verifiers.reading;

import java.util.Optional;

/** Answers to multiple choice: one letter from A to J. */
public final class Choices {
  private Choices() {}

  /** The letter that a gold answer is, if it is nothing else. */
  public static Optional<Character> gold(String gold) {
    String plain = plain(gold);
    String bare =
        plain.startsWith("(") && plain.endsWith(")")
            ? plain.substring(1, plain.length() - 1).strip()
            : plain;
    return bare.length() == 1 && isChoice(bare.charAt(0))
        ? Optional.of(bare.charAt(0))
        : Optional.empty();
  }

  /**
   * The letter that a candidate comes down to: alone, or before ")", "." or ":" and the option's
   * text. Two different letters are no answer.
   */
  public static Optional<Character> chosen(String candidate) {
    String plain = plain(candidate);
    int letter = plain.startsWith("(") || plain.startsWith("[") ? 1 : 0;
    if (letter >= plain.length() || !isChoice(plain.charAt(letter))) {
      return Optional.empty();
    }
    String rest = plain.substring(letter + 1);
    boolean marked = rest.isBlank() || ").]:".indexOf(rest.charAt(0)) >= 0;
    return marked && !namesAnother(rest, plain.charAt(letter))
        ? Optional.of(plain.charAt(letter))
        : Optional.empty();
  }

  /** Another letter that stands free, in brackets or before one, is a second choice. */
  private static boolean namesAnother(String rest, char chosen) {
    for (int i = 0; i < rest.length(); i++) {
      char here = rest.charAt(i);
      boolean free =
          (i == 0 || !Character.isLetterOrDigit(rest.charAt(i - 1)))
              && (i + 1 == rest.length() || !Character.isLetterOrDigit(rest.charAt(i + 1)));
      boolean article = here == 'A' && i + 1 < rest.length() && rest.charAt(i + 1) == ' ';
      if (isChoice(here) && free && here != chosen && !article) {
        return true;
      }
    }
    return false;
  }

  private static boolean isChoice(char letter) {
    return letter >= 'A' && letter <= 'J';
  }

  /** Without LaTeX's text commands, braces, dollar signs, emphasis and a final stop. */
  private static String plain(String text) {
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char here = text.charAt(i);
      if (here == '\\') {
        int end = Latex.commandEnd(text, i);
        boolean known =
            Lexicon.TEXT_COMMANDS.contains(text.substring(i, end))
                || Lexicon.DROPPED_COMMANDS.contains(text.substring(i, end));
        if (!known) {
          plain.append(text, i, end);
        }
        i = Math.max(i, end - 1);
      } else if ("{}$*".indexOf(here) < 0) {
        plain.append(here);
      }
    }
    String stripped = plain.toString().strip();
    return stripped.length() > 1 && stripped.endsWith(".")
        ? stripped.substring(0, stripped.length() - 1).strip()
        : stripped;
  }
}
