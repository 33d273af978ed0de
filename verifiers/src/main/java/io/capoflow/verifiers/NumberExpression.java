package io.capoflow.verifiers;

import io.capoflow.verifiers.Token.Kind;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads and evaluates a number without variables: numerals, the four operations, integer powers,
 * {@code \frac}, mixed numbers, brackets. Exact. Recursive descent with counted depth.
 */
final class NumberExpression {
  private static final int MAX_EXPONENT_OF_TEN = 1_000;

  private final List<Token> tokens;
  private final Budget budget;
  private int position;
  private int depth;

  private NumberExpression(List<Token> tokens, Budget budget) {
    this.tokens = new ArrayList<>(tokens);
    this.budget = budget;
  }

  /** The text is no such number. */
  private static final class NotNumeric extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotNumeric() {
      super("not numeric", null, false, false);
    }
  }

  /** The number has no value. */
  static final class NoValue extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoValue() {
      super("undefined", null, false, false);
    }
  }

  /**
   * The value of the whole token sequence, empty where it is no number.
   *
   * @throws NoValue when it divides by zero
   * @throws Budget.Exceeded when it is too large
   */
  static Optional<Rational> evaluate(List<Token> tokens, Budget budget) {
    if (tokens.isEmpty()) {
      return Optional.empty();
    }
    NumberExpression expression = new NumberExpression(tokens, budget);
    try {
      Rational value = expression.sum();
      return expression.position == expression.tokens.size()
          ? Optional.of(value)
          : Optional.empty();
    } catch (NotNumeric e) {
      return Optional.empty();
    }
  }

  private Rational sum() {
    enter();
    Rational total = Rational.ZERO;
    boolean first = true;
    while (first || here("+") || here("-")) {
      boolean minus = here("-");
      if (minus || here("+")) {
        position++;
      }
      Rational term = product();
      total = total.plus(minus ? term.negate() : term);
      first = false;
    }
    depth--;
    return total;
  }

  private Rational product() {
    Rational value = mixedOrPower();
    while (position < tokens.size()) {
      if (here("*")) {
        position++;
        value = value.times(signedPower());
      } else if (here("/")) {
        position++;
        value = divide(value, signedPower());
      } else if (here("(") || here("\\frac") || here("{")) {
        value = value.times(power());
      } else {
        break;
      }
      budget.spend(1);
    }
    return value;
  }

  /** A mixed number is a whole numeral directly before a proper fraction: 2\frac{3}{4}, 2 3/4. */
  private Rational mixedOrPower() {
    boolean whole =
        position < tokens.size()
            && tokens.get(position).kind() == Kind.NUMBER
            && isWhole(tokens.get(position).text());
    if (whole && position + 1 < tokens.size()) {
      int start = position;
      Rational integer = numeral(tokens.get(position));
      position++;
      Optional<Rational> part = here("\\frac") ? Optional.of(power()) : slashFraction();
      if (part.isPresent() && isProper(part.get())) {
        return integer.plus(part.get());
      }
      position = start;
    }
    return power();
  }

  /** A blank, then a/b. */
  private Optional<Rational> slashFraction() {
    if (position + 2 < tokens.size()
        && tokens.get(position).spaced()
        && isWholeNumber(position)
        && tokens.get(position + 1).is("/")
        && isWholeNumber(position + 2)) {
      Rational value = divide(numeral(tokens.get(position)), numeral(tokens.get(position + 2)));
      position += 3;
      return Optional.of(value);
    }
    return Optional.empty();
  }

  private Rational signedPower() {
    boolean minus = here("-");
    if (minus || here("+")) {
      position++;
    }
    Rational value = power();
    return minus ? value.negate() : value;
  }

  private Rational power() {
    enter();
    Rational base = primary();
    if (here("^")) {
      position++;
      base = raise(base, signedPower());
    }
    depth--;
    return base;
  }

  private Rational primary() {
    budget.spend(1);
    if (position >= tokens.size()) {
      throw new NotNumeric();
    }
    Token token = tokens.get(position);
    if (token.kind() == Kind.NUMBER) {
      position++;
      return numeral(token);
    }
    if (token.is("\\frac")) {
      position++;
      Rational numerator = argument();
      return divide(numerator, argument());
    }
    if (token.is("(") || token.is("{")) {
      position++;
      Rational value = sum();
      expect(token.is("(") ? ")" : "}");
      return value;
    }
    throw new NotNumeric();
  }

  /** A braced group, or, as TeX has it, a single digit. */
  private Rational argument() {
    if (here("{")) {
      return primary();
    }
    if (position >= tokens.size() || tokens.get(position).kind() != Kind.NUMBER) {
      throw new NotNumeric();
    }
    String digits = tokens.get(position).text();
    if (digits.length() == 1) {
      position++;
    } else {
      tokens.set(position, new Token(Kind.NUMBER, digits.substring(1), false));
    }
    return numeral(new Token(Kind.NUMBER, digits.substring(0, 1), false));
  }

  private static Rational divide(Rational value, Rational divisor) {
    if (divisor.isZero()) {
      throw new NoValue();
    }
    return value.dividedBy(divisor);
  }

  private static Rational raise(Rational base, Rational exponent) {
    if (!exponent.isInteger()) {
      throw new NotNumeric();
    }
    if (base.isZero() && exponent.numerator().signum() <= 0) {
      throw new NoValue();
    }
    Budget.check(exponent.numerator().bitLength() < 31, "exponent");
    int whole = exponent.numerator().intValueExact();
    Budget.check((long) base.bits() * Math.abs((long) whole) <= Budget.BITS, "power");
    return base.power(whole);
  }

  private static Rational numeral(Token token) {
    String text = token.text();
    int mark = text.indexOf('e');
    String mantissa = mark < 0 ? text : text.substring(0, mark);
    int exponent = 0;
    if (mark >= 0) {
      Budget.check(text.length() - mark <= 6, "exponent");
      exponent = Integer.parseInt(text.substring(mark + 1));
      Budget.check(Math.abs(exponent) <= MAX_EXPONENT_OF_TEN, "exponent");
    }
    int point = mantissa.indexOf('.');
    int places = point < 0 ? 0 : mantissa.length() - point - 1;
    return Rational.decimal(new BigInteger(mantissa.replace(".", "")), places - exponent);
  }

  private static boolean isProper(Rational value) {
    return value.numerator().signum() > 0 && value.numerator().compareTo(value.denominator()) < 0;
  }

  private static boolean isWhole(String numeral) {
    return numeral.indexOf('.') < 0 && numeral.indexOf('e') < 0;
  }

  private boolean isWholeNumber(int index) {
    return tokens.get(index).kind() == Kind.NUMBER && isWhole(tokens.get(index).text());
  }

  private boolean here(String symbol) {
    return position < tokens.size() && tokens.get(position).is(symbol);
  }

  private void expect(String symbol) {
    if (!here(symbol)) {
      throw new NotNumeric();
    }
    position++;
  }

  private void enter() {
    Budget.check(++depth <= 2 * Budget.DEPTH, "depth");
  }
}
