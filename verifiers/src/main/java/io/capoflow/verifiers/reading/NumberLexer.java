package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.reading.Token.Kind;

/** Numerals: digits, groups of three, a point, an exponent. */
final class NumberLexer {
  private static final String[] THOUSANDS_SEPARATORS = {
    ",", "{,}", "\\,", "\\;", "\\ ", " ", "\u00a0", "\u202f", "\u2009", "~"
  };

  private final Source source;
  private final TokenList tokens;
  private final Commas commas;

  /** Up to where the groups behind each separator are known not to have three digits each. */
  private final int[] ungrouped = new int[THOUSANDS_SEPARATORS.length];

  NumberLexer(Source source, TokenList tokens, Commas commas) {
    this.source = source;
    this.tokens = tokens;
    this.commas = commas;
  }

  void number() {
    if (tokens.expectsArgument()) { // TeX takes one digit for an argument without braces
      int digit = source.digitAt(source.position);
      if (digit >= 0) {
        source.position += Character.charCount(source.text.codePointAt(source.position));
        tokens.add(Kind.NUMBER, String.valueOf(digit));
        return;
      }
    }
    int start = source.position;
    while (source.position < source.text.length()
        && Source.isAsciiDigit(source.text.charAt(source.position))) {
      source.position++;
    }
    if (source.position == source.text.length()
        || isPlainEnd(source.text.charAt(source.position))) {
      Budget.check(source.position - start <= Budget.DIGITS, "digits");
      tokens.add(Kind.NUMBER, source.text.substring(start, source.position));
      return;
    }
    source.position = start;
    StringBuilder digits = new StringBuilder();
    takeDigits(digits);
    if (commas == Commas.THOUSANDS && !digits.isEmpty() && digits.length() <= 3) {
      takeThousands(digits);
    }
    char point = commas == Commas.DECIMAL ? ',' : '.';
    if (source.position < source.text.length()
        && source.text.charAt(source.position) == point
        && source.digitAt(source.position + 1) >= 0) {
      digits.append(digits.isEmpty() ? "0." : ".");
      source.position++;
      takeDigits(digits);
    }
    takeExponent(digits);
    Budget.check(digits.length() <= Budget.DIGITS + 1, "digits");
    tokens.add(Kind.NUMBER, digits.toString());
  }

  /** What cannot go on a number. */
  private static boolean isPlainEnd(char next) {
    return "}+-=^/()]:_&<>*|%".indexOf(next) >= 0;
  }

  private void takeDigits(StringBuilder digits) {
    for (int digit = source.digitAt(source.position);
        digit >= 0;
        digit = source.digitAt(source.position)) {
      digits.append((char) ('0' + digit));
      source.position += Character.charCount(source.text.codePointAt(source.position));
    }
  }

  /** Groups of exactly three digits, all behind the same separator; else there is no grouping. */
  private void takeThousands(StringBuilder digits) {
    for (int i = 0; i < THOUSANDS_SEPARATORS.length; i++) {
      String separator = THOUSANDS_SEPARATORS[i];
      if (source.position < ungrouped[i]
          || !source.text.startsWith(separator, source.position)
          || source.digitAt(source.position + separator.length()) < 0
          || (digits.length() == 1 && digits.charAt(0) == '0')) {
        continue;
      }
      StringBuilder grouped = new StringBuilder(digits);
      int start = source.position;
      int end = source.position;
      boolean whole = true;
      while (whole
          && source.text.startsWith(separator, end)
          && source.digitAt(end + separator.length()) >= 0) {
        source.position = end + separator.length();
        int before = grouped.length();
        takeDigits(grouped);
        whole = grouped.length() == before + 3;
        end = source.position;
      }
      source.position = start;
      if (end > start && whole) {
        source.position = end;
        digits.setLength(0);
        digits.append(grouped);
        return;
      }
      ungrouped[i] = end;
    }
  }

  /** {@code e23}, directly behind the digits and before nothing that would make it a word. */
  private void takeExponent(StringBuilder digits) {
    if (source.position >= source.text.length()
        || "eE".indexOf(source.text.charAt(source.position)) < 0) {
      return;
    }
    int signed = source.position + 1;
    if (signed < source.text.length() && "+-".indexOf(source.text.charAt(signed)) >= 0) {
      signed++;
    }
    if (source.digitAt(signed) < 0) {
      return;
    }
    digits.append('e').append(source.text, source.position + 1, signed);
    source.position = signed;
    takeDigits(digits);
  }
}
