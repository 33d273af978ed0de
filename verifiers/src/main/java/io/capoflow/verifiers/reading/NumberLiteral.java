package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;
import java.math.BigInteger;
import java.util.Optional;

/** Reads one literal number by hand, from left to right; every step is linear in the text. */
public final class NumberLiteral {
  private static final String CURRENCIES = "$€£¥₹";
  private static final int LARGEST_EXPONENT = 1_000;

  private final String text;
  private int position;

  private NumberLiteral(String text) {
    this.text = text;
  }

  /** The number in lowest terms, {@code -3} or {@code 7/2}; empty where the text is not one. */
  public static Optional<String> normalForm(String answer) {
    String text = plain(answer.substring(answer.lastIndexOf('=') + 1));
    return text.length() > Budget.DIGITS ? Optional.empty() : new NumberLiteral(text).read();
  }

  private Optional<String> read() {
    skipCurrency();
    boolean negative = sign();
    skipCurrency();
    Optional<Fraction> number = text.startsWith("\\frac", position) ? frac() : slashed();
    if (number.isEmpty() || !saysNothing(text.substring(position))) {
      return Optional.empty();
    }
    Fraction value = number.get();
    return value.denominator().signum() == 0 ? Optional.empty() : Optional.of(value.text(negative));
  }

  private record Fraction(BigInteger numerator, BigInteger denominator) {
    Fraction dividedBy(Fraction other) {
      return new Fraction(
          numerator.multiply(other.denominator), denominator.multiply(other.numerator));
    }

    String text(boolean negative) {
      BigInteger common = numerator.gcd(denominator);
      BigInteger top = numerator.divide(common);
      BigInteger bottom = denominator.divide(common);
      String digits = bottom.equals(BigInteger.ONE) ? top.toString() : top + "/" + bottom;
      return negative && top.signum() != 0 ? "-" + digits : digits;
    }
  }

  /** A decimal, or two with a slash between them. */
  private Optional<Fraction> slashed() {
    Optional<Fraction> first = decimal();
    int behind = position;
    skipBlanks();
    if (first.isPresent() && position < text.length() && text.charAt(position) == '/') {
      position++;
      skipBlanks();
      // "miles/hour" behind a number is a unit.
      if (position < text.length() && isDigit(text.charAt(position))) {
        return decimal().map(first.get()::dividedBy);
      }
      position = behind;
    }
    return first;
  }

  /** {@code \frac{a}{b}} of two decimals. */
  private Optional<Fraction> frac() {
    position += "\\frac".length();
    Optional<Fraction> top = braced();
    Optional<Fraction> bottom = top.isPresent() ? braced() : Optional.empty();
    return bottom.map(divisor -> top.get().dividedBy(divisor));
  }

  private Optional<Fraction> braced() {
    if (position >= text.length() || text.charAt(position) != '{') {
      return Optional.empty();
    }
    position++;
    skipBlanks();
    Optional<Fraction> number = decimal();
    skipBlanks();
    if (position >= text.length() || text.charAt(position) != '}') {
      return Optional.empty();
    }
    position++;
    return number;
  }

  private Optional<Fraction> decimal() {
    StringBuilder digits = new StringBuilder();
    if (!whole(digits)) {
      return Optional.empty();
    }
    int places = 0;
    if (position < text.length() && text.charAt(position) == '.') {
      position++;
      while (position < text.length() && isDigit(text.charAt(position))) {
        digits.append(text.charAt(position++));
        places++;
      }
    }
    if (digits.length() == 0) {
      return Optional.empty();
    }
    int exponent = exponent();
    if (Math.abs(exponent) > LARGEST_EXPONENT) {
      return Optional.empty();
    }
    BigInteger unscaled = new BigInteger(digits.toString());
    int scale = exponent - places;
    BigInteger power = BigInteger.TEN.pow(Math.abs(scale));
    return Optional.of(
        scale >= 0
            ? new Fraction(unscaled.multiply(power), BigInteger.ONE)
            : new Fraction(unscaled, power));
  }

  /** Digits, in groups of three where commas part them; false where the groups are none. */
  private boolean whole(StringBuilder digits) {
    int start = position;
    while (position < text.length() && isDigit(text.charAt(position))) {
      digits.append(text.charAt(position++));
    }
    boolean grouped = position - start >= 1 && position - start <= 3;
    while (position + 1 < text.length()
        && text.charAt(position) == ','
        && isDigit(text.charAt(position + 1))) {
      int group = position + 1;
      while (group < text.length() && isDigit(text.charAt(group))) {
        group++;
      }
      if (!grouped || group - position != 4) {
        return false;
      }
      digits.append(text, position + 1, group);
      position = group;
    }
    return true;
  }

  /** {@code e-3}; 0 where there is none, more than the largest where it is too long to read. */
  private int exponent() {
    int at = position;
    if (at >= text.length() || "eE".indexOf(text.charAt(at)) < 0) {
      return 0;
    }
    at++;
    boolean negative = at < text.length() && text.charAt(at) == '-';
    at += negative || (at < text.length() && text.charAt(at) == '+') ? 1 : 0;
    int start = at;
    int value = 0;
    while (at < text.length() && isDigit(text.charAt(at))) {
      value = Math.min(LARGEST_EXPONENT + 1, 10 * value + text.charAt(at) - '0');
      at++;
    }
    if (at == start) {
      return 0; // a word that begins with e
    }
    position = at;
    return negative ? -value : value;
  }

  /** Units and words may follow, a second number or an operation may not. */
  private static boolean saysNothing(String rest) {
    for (int i = 0; i < rest.length(); i++) {
      char here = rest.charAt(i);
      boolean power = i > 0 && rest.charAt(i - 1) == '^' && (here == '2' || here == '3');
      if ((Character.isDigit(here) && !power) || "+*=<>[]|\\,;".indexOf(here) >= 0) {
        return false;
      }
      if (here == '-' && (i == 0 || !Character.isLetter(rest.charAt(i - 1)))) {
        return false;
      }
    }
    // "18x" is a product; "18 x" could be one.
    String word = rest.strip();
    return !(word.length() == 1 && "xyzntk".indexOf(word.charAt(0)) >= 0) && !word.startsWith("^");
  }

  private boolean sign() {
    boolean negative = false;
    if (position < text.length() && "+-".indexOf(text.charAt(position)) >= 0) {
      negative = text.charAt(position) == '-';
      position++;
      skipBlanks();
    }
    return negative;
  }

  private void skipCurrency() {
    skipBlanks();
    if (position < text.length() && CURRENCIES.indexOf(text.charAt(position)) >= 0) {
      position++;
      skipBlanks();
    }
  }

  private void skipBlanks() {
    while (position < text.length() && Character.isWhitespace(text.charAt(position))) {
      position++;
    }
  }

  private static boolean isDigit(char character) {
    return character >= '0' && character <= '9';
  }

  /** Without math delimiters, spacing commands and {@code \text}, and with plain digits. */
  private static String plain(String answer) {
    StringBuilder plain = new StringBuilder(answer.length());
    for (int i = 0; i < answer.length(); i++) {
      char here = answer.charAt(i);
      if (here == '\\' && i + 1 < answer.length()) {
        i = command(answer, i, plain);
      } else if (here == '{' && answer.startsWith("{,}", i)) {
        plain.append(',');
        i += 2;
      } else if (Character.isDigit(here)) {
        plain.append((char) ('0' + Character.digit(here, 10)));
      } else if (here == '−' || here == '–') {
        plain.append('-');
      } else {
        plain.append(here);
      }
    }
    String text = plain.toString().strip();
    // Dollar signs around a number are mathematics.
    while (text.length() > 1 && text.startsWith("$") && text.endsWith("$")) {
      text = text.substring(1, text.length() - 1).strip();
    }
    return text.endsWith("$") ? text.substring(0, text.length() - 1).strip() : text;
  }

  /** Appends what a command stands for; returns the last position that it takes. */
  private static int command(String answer, int backslash, StringBuilder plain) {
    char next = answer.charAt(backslash + 1);
    if (!Character.isLetter(next)) {
      if ("$%".indexOf(next) >= 0) {
        plain.append(next);
      } else if (next == ' ') {
        plain.append(' ');
      } else if ("!,;:()[]".indexOf(next) < 0) {
        plain.append('\\').append(next);
      }
      return backslash + 1;
    }
    int end = backslash + 1;
    while (end < answer.length() && Character.isLetter(answer.charAt(end))) {
      end++;
    }
    String name = answer.substring(backslash, end);
    switch (name) {
      case "\\text", "\\mathrm", "\\textbf", "\\mathbf", "\\mbox", "\\left", "\\right" -> {
        int close = answer.indexOf('}', end);
        if (end < answer.length() && answer.charAt(end) == '{' && close > 0) {
          plain.append(answer, end + 1, close);
          return close;
        }
      }
      case "\\frac", "\\dfrac", "\\tfrac", "\\cfrac" -> plain.append("\\frac");
      case "\\quad" -> plain.append(' ');
      case "\\pounds" -> plain.append('£');
      case "\\euro" -> plain.append('€');
      default -> plain.append(name);
    }
    return end - 1;
  }
}
