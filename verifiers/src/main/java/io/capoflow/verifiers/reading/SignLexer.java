package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.reading.Token.Kind;

/** Signs: operators, relations, brackets, superscripts, fractions, currencies. */
final class SignLexer {
  private final Source source;
  private final TokenList tokens;
  private final Commas commas;
  private final boolean dollarsAreCurrency;

  SignLexer(Source source, TokenList tokens, Commas commas, boolean dollarsAreCurrency) {
    this.source = source;
    this.tokens = tokens;
    this.commas = commas;
    this.dollarsAreCurrency = dollarsAreCurrency;
  }

  void sign(int here) {
    source.position += Character.charCount(here);
    int superscript = Lexicon.SUPERSCRIPTS.indexOf(here);
    if (superscript >= 0 || here == '⁻') {
      superscripts(here);
    } else if (here >= '₀' && here <= '₉') {
      tokens.add(Kind.SYMBOL, "_");
      tokens.add(Kind.NUMBER, String.valueOf(here - '₀'));
    } else if (here >= 128 && Lexicon.FRACTION_OF_CHARACTER.containsKey(here)) {
      fraction(Lexicon.FRACTION_OF_CHARACTER.get(here));
    } else if (here >= 128 && Lexicon.CURRENCY_OF_CHARACTER.containsKey(here)) {
      tokens.add(Kind.CURRENCY, Lexicon.CURRENCY_OF_CHARACTER.get(here));
    } else {
      asciiSign(here);
    }
  }

  private void asciiSign(int here) {
    switch (here) {
      case '\t', '\r', '\f', '`' -> tokens.space();
      case '$' -> {
        if (dollarsAreCurrency && source.digitAt(source.position) >= 0) {
          tokens.add(Kind.CURRENCY, "USD");
        } else {
          tokens.space();
        }
      }
      case ',' -> tokens.add(Kind.SEPARATOR, ",");
      case ';' -> tokens.add(Kind.SEPARATOR, ";");
      case '<', '>' -> {
        boolean orEqual = source.takeIf('=');
        tokens.add(Kind.SYMBOL, orEqual ? (here == '<' ? "≤" : "≥") : Character.toString(here));
      }
      case '!' -> tokens.add(Kind.SYMBOL, source.takeIf('=') ? "≠" : "!");
      case '*' -> {
        if (source.takeIf('*')) {
          boolean power = source.digitAt(source.position) >= 0 && tokens.behindNumberOrLetter();
          if (power) {
            tokens.add(Kind.SYMBOL, "^");
          } // else markdown's bold
        } else {
          tokens.add(Kind.SYMBOL, "*");
        }
      }
      case '+', '-' -> {
        if (here == '+'
            && source.position < source.text.length()
            && source.text.charAt(source.position) == '-') {
          source.position++;
          tokens.add(Kind.SYMBOL, "±");
        } else {
          tokens.add(Kind.SYMBOL, here == '+' ? "+" : "-");
        }
      }
      case '{' -> tokens.openBrace();
      case '}' -> tokens.closeBrace();
      case '[' -> {
        int arguments = tokens.openBracket();
        if (arguments > 0) {
          rootIndex();
        }
        tokens.resume(arguments);
      }
      default -> {
        String symbol = Lexicon.SYMBOL_OF_CHARACTER.getOrDefault(here, Character.toString(here));
        tokens.add(symbol.startsWith("\\") ? Kind.COMMAND : Kind.SYMBOL, symbol);
      }
    }
  }

  /** Everything up to the bracket that closes a root's index. */
  private void rootIndex() {
    int end = source.text.indexOf(']', source.position);
    int length = end - source.position;
    if (length <= 0 || length > 64) {
      return;
    }
    String index = source.text.substring(source.position, end);
    for (Token token : Lexer.inside(index, commas, false, 1)) {
      tokens.add(token.kind(), token.text());
    }
    source.position = end + 1;
    tokens.add(Kind.SYMBOL, "]");
  }

  private void superscripts(int first) {
    tokens.add(Kind.SYMBOL, "^");
    StringBuilder digits = new StringBuilder();
    boolean negative = first == '⁻';
    if (!negative) {
      digits.append(Lexicon.SUPERSCRIPTS.indexOf(first));
    }
    while (source.position < source.text.length()
        && Lexicon.SUPERSCRIPTS.indexOf(source.text.charAt(source.position)) >= 0) {
      digits.append(Lexicon.SUPERSCRIPTS.indexOf(source.text.charAt(source.position)));
      source.position++;
    }
    tokens.add(Kind.SYMBOL, "{");
    if (negative) {
      tokens.add(Kind.SYMBOL, "-");
    }
    tokens.add(Kind.NUMBER, digits.isEmpty() ? "1" : digits.toString());
    tokens.add(Kind.SYMBOL, "}");
  }

  /** As {@code \frac{a}{b}}, so that "2½" is a mixed number. */
  private void fraction(String ratio) {
    tokens.add(Kind.COMMAND, "\\frac");
    int slash = ratio.indexOf('/');
    for (String part : new String[] {ratio.substring(0, slash), ratio.substring(slash + 1)}) {
      tokens.add(Kind.SYMBOL, "{");
      tokens.add(Kind.NUMBER, part);
      tokens.add(Kind.SYMBOL, "}");
    }
  }
}
