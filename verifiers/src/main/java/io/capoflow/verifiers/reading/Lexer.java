package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.reading.Token.Kind;
import java.util.List;

/**
 * Turns an answer's text into normalised tokens (docs/verification-spec.md, 2). One pass, no
 * regular expressions.
 */
public final class Lexer {
  private final Source source;
  private final TokenList tokens;
  private final NumberLexer numbers;
  private final WordLexer words;
  private final CommandLexer commands;
  private final SignLexer signs;

  private Lexer(String text, Commas commas, boolean dollarsAreCurrency) {
    source = new Source(text);
    tokens = new TokenList();
    numbers = new NumberLexer(source, tokens, commas);
    words = new WordLexer(source, tokens);
    commands = new CommandLexer(source, tokens, words, commas);
    signs = new SignLexer(source, tokens, commas, dollarsAreCurrency);
  }

  /**
   * All of an answer.
   *
   * @throws Budget.Exceeded where it is too long
   */
  public static List<Token> tokens(String text, Commas commas) {
    Budget.check(text.length() <= Budget.CANDIDATE_CHARACTERS, "candidate length");
    return inside(text, commas, hasLoneDollar(text), 0);
  }

  /**
   * A part of an answer.
   *
   * @param dollarsAreCurrency whether a dollar sign before a digit is money
   * @param depth in how many texts it stands
   */
  static List<Token> inside(String text, Commas commas, boolean dollarsAreCurrency, int depth) {
    Lexer lexer = new Lexer(text, commas, dollarsAreCurrency);
    lexer.run(depth);
    return lexer.tokens.list();
  }

  /** A dollar sign without a partner begins no mathematics. */
  static boolean hasLoneDollar(String text) {
    int dollars = 0;
    for (int i = text.indexOf('$'); i >= 0; i = text.indexOf('$', i + 1)) {
      dollars += i > 0 && text.charAt(i - 1) == '\\' ? 0 : 1;
    }
    return dollars == 1;
  }

  private void run(int depth) {
    Budget.check(depth <= Budget.DEPTH, "depth");
    while (!source.atEnd()) {
      tokens.checkSize();
      char here = source.text.charAt(source.position);
      if (here == ' ' || here == '\n' || here == '~') {
        source.position++;
        tokens.space();
      } else if (here == '\\') {
        commands.command(depth);
      } else if ((here >= '0' && here <= '9')
          || (here == '.' && source.digitAt(source.position + 1) >= 0)) {
        numbers.number();
      } else if (Source.isAsciiLetter(here)) {
        words.word();
      } else if (here < 128) {
        signs.sign(here);
      } else {
        beyondAscii(source.text.codePointAt(source.position));
      }
    }
  }

  private void beyondAscii(int here) {
    if (Character.isWhitespace(here) || Character.isSpaceChar(here)) {
      source.position += Character.charCount(here);
      tokens.space();
    } else if (Source.digit(here) >= 0) {
      numbers.number();
    } else if (Lexicon.GREEK_OF_CHARACTER.containsKey(here)) {
      source.position += Character.charCount(here);
      tokens.add(Kind.LETTER, Lexicon.GREEK_OF_CHARACTER.get(here));
    } else if (here == 'ℝ') {
      source.position++;
      tokens.add(Kind.COMMAND, "\\mathbb{R}");
    } else if (here == '°' || here == 'º') {
      source.position++;
      tokens.add(Kind.SYMBOL, "°");
    } else if (Character.isLetter(here) && !Lexicon.SYMBOL_OF_CHARACTER.containsKey(here)) {
      words.word();
    } else if ((here >= 0xfe00 && here <= 0xfe0f) || here == 0x200b || here == 0xfeff) {
      source.position++; // selectors and marks that are not seen
    } else {
      signs.sign(here);
    }
  }
}
