package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.expression.Expression;
import io.capoflow.verifiers.expression.Rational;
import java.math.BigInteger;

/** Reads numerals and mixed numbers. */
final class NumberReader {
  private final Cursor cursor;

  NumberReader(Cursor cursor) {
    this.cursor = cursor;
  }

  Expression read() {
    String text = cursor.next().text();
    Rational value = value(text);
    if (value.isInteger() && isDigits(text)) {
      Rational fraction = properFraction();
      if (fraction != null) {
        return Expression.number(value.plus(fraction));
      }
    }
    return Expression.number(value);
  }

  static Rational value(String text) {
    int exponentAt = text.indexOf('e');
    String mantissa = exponentAt < 0 ? text : text.substring(0, exponentAt);
    int point = mantissa.indexOf('.');
    int places = point < 0 ? 0 : mantissa.length() - point - 1;
    int exponent = 0;
    if (exponentAt >= 0) {
      String digits = text.substring(exponentAt + 1);
      Budget.check(digits.length() <= 5, "exponent");
      exponent = Integer.parseInt(digits);
      Budget.check(Math.abs(exponent) <= Budget.DIGITS, "exponent");
    }
    String digits =
        point < 0 ? mantissa : mantissa.substring(0, point) + mantissa.substring(point + 1);
    if (digits.length() <= 18) {
      long whole = Long.parseLong(digits);
      return places == 0 && exponent == 0
          ? Rational.of(whole)
          : Rational.decimal(BigInteger.valueOf(whole), places - exponent);
    }
    return Rational.decimal(new BigInteger(digits), places - exponent);
  }

  private static boolean isDigits(String text) {
    return text.indexOf('.') < 0 && text.indexOf('e') < 0;
  }

  /** The fraction of a mixed number, if one follows: {@code \frac{3}{4}}, or 3/4 behind a blank. */
  private Rational properFraction() {
    if (cursor.here("\\frac")) {
      int numeratorAt = cursor.is(1, "{") ? cursor.at() + 2 : cursor.at() + 1;
      int afterNumerator = numeratorAt + (cursor.is(1, "{") ? 2 : 1);
      int denominatorAt =
          cursor.tokens().is(afterNumerator, "{") ? afterNumerator + 1 : afterNumerator;
      int after = denominatorAt + (cursor.tokens().is(afterNumerator, "{") ? 2 : 1);
      boolean closed =
          (!cursor.is(1, "{") || cursor.tokens().is(numeratorAt + 1, "}"))
              && (!cursor.tokens().is(afterNumerator, "{")
                  || cursor.tokens().is(denominatorAt + 1, "}"));
      return closed && after <= cursor.end() ? proper(numeratorAt, denominatorAt, after) : null;
    }
    boolean apart = cursor.kind() == Token.Kind.NUMBER && cursor.token().spaced();
    return apart && cursor.is(1, "/") && cursor.at() + 3 <= cursor.end()
        ? proper(cursor.at(), cursor.at() + 2, cursor.at() + 3)
        : null;
  }

  private Rational proper(int numeratorAt, int denominatorAt, int after) {
    if (!cursor.tokens().is(numeratorAt, Token.Kind.NUMBER)
        || !cursor.tokens().is(denominatorAt, Token.Kind.NUMBER)
        || !isDigits(cursor.tokens().get(numeratorAt).text())
        || !isDigits(cursor.tokens().get(denominatorAt).text())) {
      return null;
    }
    BigInteger numerator = value(cursor.tokens().get(numeratorAt).text()).numerator();
    BigInteger denominator = value(cursor.tokens().get(denominatorAt).text()).numerator();
    if (numerator.signum() == 0 || numerator.compareTo(denominator) >= 0) {
      return null;
    }
    cursor.moveTo(after);
    return Rational.of(numerator, denominator);
  }
}
