package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.reading.Token.Kind;
import java.util.Locale;

/** Words: names of functions and letters, currencies, separators, products of letters, text. */
final class WordLexer {
  private final Source source;
  private final TokenList tokens;

  WordLexer(Source source, TokenList tokens) {
    this.source = source;
    this.tokens = tokens;
  }

  void word() {
    int end = source.position;
    while (end < source.text.length()
        && (Source.isAsciiLetter(source.text.charAt(end))
            || (source.text.charAt(end) > 127
                && Character.isLetter(source.text.charAt(end))
                && !Lexicon.GREEK_OF_CHARACTER.containsKey((int) source.text.charAt(end))
                && !Lexicon.SYMBOL_OF_CHARACTER.containsKey((int) source.text.charAt(end))
                && source.text.charAt(end) != 'ℝ'
                && source.text.charAt(end) != 'º'))) {
      end++;
    }
    if (end == source.position) { // a letter beyond the basic plane
      end += Character.charCount(source.text.codePointAt(source.position));
    }
    if (end == source.position + 1) {
      tokens.add(Kind.LETTER, source.text.substring(source.position, end));
      source.position = end;
      return;
    }
    String word = source.text.substring(source.position, end);
    source.position = end;
    addText(word, false);
  }

  /**
   * A word, or the words of a text command.
   *
   * @param marked whether it stood in a text command
   */
  void addText(String content, boolean marked) {
    String lower = content.toLowerCase(Locale.ROOT);
    String bare = lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    switch (bare) {
      case "" -> tokens.space();
      case "and", "or" -> tokens.add(Kind.SEPARATOR, bare);
      case "percent", "per cent" -> tokens.add(Kind.SYMBOL, "%");
      case "degree", "degrees" -> tokens.add(Kind.SYMBOL, "°");
      default -> addWord(content, bare, marked);
    }
  }

  private void addWord(String content, String bare, boolean marked) {
    String currency = Lexicon.CURRENCY_OF_NAME.get(bare);
    if (currency != null) {
      tokens.add(Kind.CURRENCY, currency);
      return;
    }
    if (content.codePointCount(0, content.length()) == 1) {
      tokens.add(Kind.LETTER, content);
      return;
    }
    boolean unit = tokens.behindNumber() && Units.named(content).isPresent();
    if (!unit && Lexicon.COMMAND_OF_WORD.containsKey(content)) {
      name(Lexicon.COMMAND_OF_WORD.get(content));
    } else if (marked || unit || !isAscii(content)) {
      tokens.add(Kind.TEXT, content);
    } else if (!functionThenLetter(content)) {
      if (isProduct(content, bare)) {
        for (int i = 0; i < content.length(); i++) {
          tokens.add(Kind.LETTER, content.substring(i, i + 1));
        }
      } else {
        tokens.add(Kind.TEXT, content);
      }
    }
  }

  private void name(String command) {
    if (command.equals("√") || command.equals("∞")) {
      tokens.add(Kind.SYMBOL, command);
    } else {
      tokens.add(Lexicon.GREEK.contains(command) ? Kind.LETTER : Kind.COMMAND, command);
    }
  }

  /** "sinx". */
  private boolean functionThenLetter(String word) {
    String function = Lexicon.COMMAND_OF_WORD.get(word.substring(0, word.length() - 1));
    if (function == null || function.startsWith("∞") || word.length() < 3) {
      return false;
    }
    name(function);
    tokens.add(Kind.LETTER, word.substring(word.length() - 1));
    return true;
  }

  /** "xy", "abc", "wxyz"; but not "no" or "apples". */
  private static boolean isProduct(String word, String lower) {
    if (word.length() <= 3) {
      return !Lexicon.SHORT_WORDS.contains(lower);
    }
    for (int i = 1; i < word.length(); i++) {
      if (word.charAt(i) != word.charAt(i - 1) + 1) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAscii(String word) {
    return word.charAt(0) < 128 && word.charAt(word.length() - 1) < 128;
  }
}
