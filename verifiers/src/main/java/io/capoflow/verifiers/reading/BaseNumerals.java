package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.reading.Token.Kind;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Digits with a base as their index: {@code 1021_3}, {@code (2A)_{16}}, {@code 101_\text{two}}. */
final class BaseNumerals {
  private static final Map<String, Integer> BASES =
      Map.of(
          "two", 2, "three", 3, "four", 4, "five", 5, "six", 6, "seven", 7, "eight", 8, "nine", 9,
          "ten", 10, "sixteen", 16);

  private BaseNumerals() {}

  static Optional<Answer> read(Tokens tokens) {
    int index = tokens.indexOf("_");
    if (index < 1) {
      return Optional.empty();
    }
    Tokens written = tokens.slice(0, index);
    boolean negative = written.is(0, "-");
    written = negative ? written.slice(1, written.size()) : written;
    if (written.isEnclosed()) {
      written = written.inner();
    }
    StringBuilder digits = new StringBuilder();
    boolean number = false;
    for (int i = 0; i < written.size(); i++) {
      Token token = written.get(i);
      boolean digit = token.kind() == Kind.NUMBER && token.text().indexOf('e') < 0;
      boolean letter = token.kind() == Kind.LETTER && token.text().length() == 1;
      if (!digit && !letter) {
        return Optional.empty();
      }
      number |= digit;
      digits.append(token.text().toUpperCase(Locale.ROOT));
    }
    Optional<Integer> base = base(tokens.slice(index + 1, tokens.size()));
    if (base.isEmpty() || !number) {
      return Optional.empty();
    }
    String plain = withoutLeadingZeros(digits.toString());
    return Optional.of(new Answer.BaseNumeral((negative ? "-" : "") + plain, base.get()));
  }

  private static String withoutLeadingZeros(String digits) {
    int start = 0;
    while (start < digits.length() - 1 && digits.charAt(start) == '0') {
      start++;
    }
    return digits.substring(start);
  }

  private static Optional<Integer> base(Tokens given) {
    Tokens tokens = given.isEnclosed() ? given.inner() : given;
    if (tokens.size() != 1) {
      return Optional.empty();
    }
    Token token = tokens.get(0);
    if (token.kind() == Kind.TEXT) {
      return Optional.ofNullable(BASES.get(token.text().toLowerCase(Locale.ROOT)));
    }
    boolean small = token.kind() == Kind.NUMBER && token.text().length() <= 2;
    if (!small || token.text().indexOf('.') >= 0) {
      return Optional.empty();
    }
    int base = Integer.parseInt(token.text());
    return base >= 2 && base <= 36 ? Optional.of(base) : Optional.empty();
  }
}
