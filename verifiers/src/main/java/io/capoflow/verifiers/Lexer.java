package io.capoflow.verifiers;

import io.capoflow.verifiers.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Turns an answer's text into normalised tokens (VERIFY_SPEC.md, 2). One pass, no regular
 * expressions.
 */
final class Lexer {
  /** Whether {@code 1,234} is one number; a gold answer that is a list turns it off. */
  enum Thousands {
    READ,
    SPLIT
  }

  /** One-letter units: {@code 3\\text{ m}} is a length, {@code 3m} a product. */
  private static final String UNIT_LETTERS = "mgshlL";

  private final String text;
  private final Thousands thousands;
  private final List<Token> tokens = new ArrayList<>();
  private int position;
  private boolean spaced;

  private Lexer(String text, Thousands thousands) {
    this.text = text;
    this.thousands = thousands;
  }

  static List<Token> tokens(String text, Thousands thousands) {
    Budget.check(text.length() <= Budget.CANDIDATE_CHARACTERS, "candidate length");
    Lexer lexer = new Lexer(text, thousands);
    lexer.run(0);
    return List.copyOf(lexer.tokens);
  }

  private void run(int depth) {
    Budget.check(depth <= Budget.DEPTH, "depth");
    while (position < text.length()) {
      Budget.check(tokens.size() <= Budget.TOKENS, "tokens");
      int here = text.codePointAt(position);
      if (Character.isWhitespace(here) || Character.isSpaceChar(here) || here == '~') {
        position += Character.charCount(here);
        spaced = true;
      } else if (here == '\\') {
        command(depth);
      } else if (digit(here) >= 0 || (here == '.' && digitAt(position + 1) >= 0)) {
        number();
      } else if (Character.isLetter(here) && !Lexicon.SYMBOL_OF_CHARACTER.containsKey(here)) {
        word();
      } else {
        sign(here);
      }
    }
  }

  private void add(Kind kind, String normalised) {
    tokens.add(new Token(kind, normalised, spaced));
    spaced = false;
  }

  private void command(int depth) {
    int end = position + 1;
    while (end < text.length() && isAsciiLetter(text.charAt(end))) {
      end++;
    }
    if (end == position + 1) {
      escapedSign();
      return;
    }
    String name = text.substring(position, end);
    position = end;
    if (Lexicon.DROPPED_COMMANDS.contains(name)) {
      spaced |= name.endsWith("quad");
    } else if (Lexicon.TEXT_COMMANDS.contains(name)) {
      textArgument(depth);
    } else if (name.equals("\\circ") && !tokens.isEmpty() && last().is("^")) {
      tokens.remove(tokens.size() - 1);
      add(Kind.SYMBOL, "°");
    } else if (Lexicon.SYMBOL_OF_COMMAND.containsKey(name)) {
      String symbol = Lexicon.SYMBOL_OF_COMMAND.get(name);
      add(symbol.equals("\\frac") ? Kind.COMMAND : Kind.SYMBOL, symbol);
    } else {
      add(Kind.COMMAND, name);
    }
  }

  private void escapedSign() {
    char sign = position + 1 < text.length() ? text.charAt(position + 1) : ' ';
    position = Math.min(text.length(), position + 2);
    switch (sign) {
      case ',', ';', ':', '!', ' ', '\n', '\t', '(', ')', '[', ']' -> spaced |= sign != '!';
      case '%' -> add(Kind.SYMBOL, "%");
      case '$' -> add(Kind.CURRENCY, "USD");
      case '{', '}' -> add(Kind.SYMBOL, "\\" + sign);
      default -> add(Kind.SYMBOL, "\\" + sign);
    }
  }

  /** Text with digits in it is read as if it stood outside; other text is one token. */
  private void textArgument(int depth) {
    while (position < text.length() && Character.isWhitespace(text.charAt(position))) {
      position++;
    }
    if (position >= text.length() || text.charAt(position) != '{') {
      return;
    }
    int close = closingBrace();
    String content = text.substring(position + 1, close).strip();
    position = Math.min(text.length(), close + 1);
    boolean plain =
        content.codePoints().allMatch(c -> Character.isLetter(c) || " -'./".indexOf(c) >= 0);
    if (plain) {
      if (content.length() == 1 && UNIT_LETTERS.contains(content) && behindNumber()) {
        add(Kind.TEXT, content);
      } else {
        addText(content);
      }
      return;
    }
    Lexer inner = new Lexer(content, thousands);
    inner.run(depth + 1);
    inner.tokens.forEach(token -> add(token.kind(), token.text()));
  }

  private boolean behindNumber() {
    return !tokens.isEmpty() && (last().kind() == Kind.NUMBER || last().is("}") || last().is(")"));
  }

  private int closingBrace() {
    int depth = 0;
    for (int i = position; i < text.length(); i++) {
      char here = text.charAt(i);
      if (here == '\\') {
        i++;
      } else if (here == '{') {
        depth++;
      } else if (here == '}' && --depth == 0) {
        return i;
      }
    }
    return text.length();
  }

  private void word() {
    int end = position;
    while (end < text.length() && Character.isLetter(text.charAt(end))) {
      end++;
    }
    if (end == position) { // a letter beyond the basic plane
      end += Character.charCount(text.codePointAt(position));
    }
    String word = text.substring(position, end);
    position = end;
    addText(word);
  }

  private void addText(String content) {
    String lower = content.toLowerCase(Locale.ROOT);
    String bare = lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    switch (bare) {
      case "" -> spaced = true;
      case "and", "or" -> add(Kind.SEPARATOR, ",");
      case "percent", "per cent" -> add(Kind.SYMBOL, "%");
      case "degree", "degrees" -> add(Kind.SYMBOL, "°");
      default -> {
        String currency = Lexicon.CURRENCY_OF_NAME.get(bare);
        if (currency != null) {
          add(Kind.CURRENCY, currency);
        } else if (content.codePointCount(0, content.length()) == 1) {
          add(Kind.LETTER, content);
        } else {
          add(Kind.TEXT, content);
        }
      }
    }
  }

  private void sign(int here) {
    position += Character.charCount(here);
    int superscript = Lexicon.SUPERSCRIPTS.indexOf(here);
    if (superscript >= 0) {
      add(Kind.SYMBOL, "^");
      add(Kind.NUMBER, String.valueOf(superscript));
    } else if (Lexicon.FRACTION_OF_CHARACTER.containsKey(here)) {
      fraction(Lexicon.FRACTION_OF_CHARACTER.get(here));
    } else if (Lexicon.CURRENCY_OF_CHARACTER.containsKey(here)) {
      add(Kind.CURRENCY, Lexicon.CURRENCY_OF_CHARACTER.get(here));
    } else if (here == ',' || here == ';') {
      add(Kind.SEPARATOR, ",");
    } else if (here == '<' || here == '>') {
      boolean orEqual = position < text.length() && text.charAt(position) == '=';
      position += orEqual ? 1 : 0;
      add(Kind.SYMBOL, orEqual ? (here == '<' ? "≤" : "≥") : Character.toString(here));
    } else if (here == '*' && position < text.length() && text.charAt(position) == '*') {
      position++; // markdown's bold
    } else if (here != '$' && here != '`') {
      String symbol = Lexicon.SYMBOL_OF_CHARACTER.getOrDefault(here, Character.toString(here));
      add(symbol.startsWith("\\") ? Kind.COMMAND : Kind.SYMBOL, symbol);
    }
  }

  /** As {@code \frac{a}{b}}, so that "2½" is a mixed number. */
  private void fraction(String ratio) {
    add(Kind.COMMAND, "\\frac");
    for (String part : ratio.split("/", -1)) {
      add(Kind.SYMBOL, "{");
      add(Kind.NUMBER, part);
      add(Kind.SYMBOL, "}");
    }
  }

  private void number() {
    StringBuilder digits = new StringBuilder();
    takeDigits(digits);
    if (thousands == Thousands.READ && !digits.isEmpty() && digits.length() <= 3) {
      takeThousands(digits);
    }
    if (position < text.length() && text.charAt(position) == '.' && digitAt(position + 1) >= 0) {
      digits.append(digits.isEmpty() ? "0." : ".");
      position++;
      takeDigits(digits);
    }
    takeExponent(digits);
    Budget.check(digits.length() <= Budget.DIGITS, "digits");
    add(Kind.NUMBER, digits.toString());
  }

  private void takeDigits(StringBuilder digits) {
    for (int digit = digitAt(position); digit >= 0; digit = digitAt(position)) {
      digits.append(digit);
      position += Character.charCount(text.codePointAt(position));
    }
  }

  /** Groups of exactly three digits, all behind the same separator; else there is no grouping. */
  private void takeThousands(StringBuilder digits) {
    for (String separator : List.of(",", "{,}", "\\,", " ", "\u00a0", "\u202f")) {
      StringBuilder grouped = new StringBuilder(digits);
      int start = position;
      int end = position;
      boolean whole = true;
      while (text.startsWith(separator, end) && digitAt(end + separator.length()) >= 0) {
        position = end + separator.length();
        int before = grouped.length();
        takeDigits(grouped);
        whole &= grouped.length() == before + 3;
        end = position;
      }
      position = start;
      if (end > start && whole) {
        position = end;
        digits.setLength(0);
        digits.append(grouped);
        return;
      }
    }
  }

  /** {@code e23}, directly behind the digits and before nothing that would make it a word. */
  private void takeExponent(StringBuilder digits) {
    if (position >= text.length() || "eE".indexOf(text.charAt(position)) < 0) {
      return;
    }
    int signed = position + 1;
    if (signed < text.length() && "+-".indexOf(text.charAt(signed)) >= 0) {
      signed++;
    }
    if (digitAt(signed) < 0) {
      return;
    }
    digits.append('e').append(text, position + 1, signed);
    position = signed;
    takeDigits(digits);
  }

  private Token last() {
    return tokens.get(tokens.size() - 1);
  }

  private int digitAt(int index) {
    return index < text.length() ? digit(text.codePointAt(index)) : -1;
  }

  /** ASCII and full-width digits. */
  private static int digit(int codePoint) {
    if (codePoint >= '0' && codePoint <= '9') {
      return codePoint - '0';
    }
    return codePoint >= '０' && codePoint <= '９' ? codePoint - '０' : -1;
  }

  private static boolean isAsciiLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
}
