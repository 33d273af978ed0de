package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.expression.Equivalence;
import io.capoflow.verifiers.expression.Expression;
import io.capoflow.verifiers.expression.Rational;
import io.capoflow.verifiers.reading.Answer.DecimalLiteral;
import io.capoflow.verifiers.reading.Answer.Scalar;
import io.capoflow.verifiers.reading.Token.Kind;
import io.capoflow.verifiers.reading.Units.Unit;
import java.util.List;
import java.util.Optional;

/** Reads one number or expression with what may stand around it: currency, percent sign, unit. */
final class ScalarReader {
  private final Equivalence equivalence;
  private final Budget budget;
  private final Habits habits;

  ScalarReader(Equivalence equivalence, Budget budget, Habits habits) {
    this.equivalence = equivalence;
    this.budget = budget;
    this.habits = habits;
  }

  /**
   * @throws Unreadable where the tokens are anything else
   */
  Scalar read(Tokens given) {
    Tokens tokens = given;
    Optional<Unit> currency = Optional.empty();
    boolean signed = tokens.is(0, "-") || tokens.is(0, "+");
    if (tokens.is(signed ? 1 : 0, Kind.CURRENCY)) {
      currency = Units.named(tokens.get(signed ? 1 : 0).text());
      Scalar rest = read(tokens.slice(signed ? 2 : 1, tokens.size()));
      Expression value =
          tokens.is(0, "-")
              ? Expression.of(Expression.Kind.NEGATION, rest.expression())
              : rest.expression();
      if (rest.percent()) {
        throw new Unreadable("a currency and a percent sign");
      }
      Optional<Unit> unit = rest.unit().isPresent() ? rest.unit() : currency;
      return new Scalar(value, exact(value), rest.literal(), false, unit, rest.written());
    }
    return compound(tokens, suffix(tokens));
  }

  /** An expression with nothing around it, worked out rather than written. */
  Scalar bare(Expression expression) {
    return new Scalar(
        expression, exact(expression), Optional.empty(), false, Optional.empty(), false);
  }

  /** Where a unit begins whose letters would read as variables; the end where none does. */
  private int suffix(Tokens tokens) {
    int start = tokens.size();
    if (!habits.units() || start < 2) {
      return start;
    }
    boolean letter = false;
    while (start > 1 && isUnitPart(tokens, start - 1)) {
      start--;
      letter |= tokens.is(start, Kind.LETTER);
    }
    while (start < tokens.size()
        && !tokens.is(start, Kind.LETTER)
        && !tokens.is(start, Kind.TEXT)) {
      start++;
    }
    boolean behindNumber =
        start > 0
            && (tokens.is(start - 1, Kind.NUMBER)
                || tokens.is(start - 1, "}")
                || tokens.is(start - 1, ")"));
    return letter && behindNumber ? start : tokens.size();
  }

  private static boolean isUnitPart(Tokens tokens, int index) {
    Token token = tokens.get(index);
    return switch (token.kind()) {
      case LETTER -> token.text().length() == 1 && Lexicon.UNIT_LETTERS.contains(token.text());
      case TEXT -> true;
      case NUMBER -> tokens.is(index - 1, "^") || tokens.is(index - 2, "^");
      case SYMBOL ->
          switch (token.text()) {
            case "/" -> tokens.is(index - 1, Kind.LETTER) || tokens.is(index - 1, Kind.TEXT);
            case "^" -> tokens.is(index - 1, Kind.LETTER) || tokens.is(index - 1, Kind.TEXT);
            case "{" -> tokens.is(index - 1, "^") && !tokens.is(index - 2, Kind.NUMBER);
            case "}" -> tokens.is(index - 3, "^");
            default -> false;
          };
      case COMMAND, CURRENCY, SEPARATOR -> false;
    };
  }

  private Scalar compound(Tokens tokens, int limit) {
    ExpressionParser parser = new ExpressionParser(tokens.slice(0, limit), budget);
    Expression expression = parser.prefix();
    int at = parser.position();
    boolean percent = tokens.is(at, "%");
    int end = at + (percent ? 1 : 0);
    if (end == tokens.size()) {
      return new Scalar(
          expression,
          exact(expression),
          literal(tokens.slice(0, at)),
          percent,
          Optional.empty(),
          isWritten(expression));
    }
    UnitReader.Suffix suffix =
        limit < tokens.size() ? letters(tokens, end) : UnitReader.read(tokens, end);
    if (suffix.scale().equals(Rational.ONE) && suffix.end() == tokens.size()) {
      return new Scalar(
          expression,
          exact(expression),
          literal(tokens.slice(0, at)),
          percent,
          percent ? Optional.empty() : suffix.unit(),
          isWritten(expression));
    }
    Expression scaled =
        Expression.of(Expression.Kind.PRODUCT, expression, Expression.number(suffix.scale()));
    if (suffix.end() == tokens.size()) {
      return new Scalar(
          scaled,
          exact(scaled),
          Optional.empty(),
          percent,
          percent ? Optional.empty() : suffix.unit(),
          isWritten(expression));
    }
    return sum(scaled, suffix, read(tokens.slice(suffix.end(), tokens.size())));
  }

  private static UnitReader.Suffix letters(Tokens tokens, int from) {
    // Behind a first word, the unit reader takes letters for units.
    if (tokens.is(from, Kind.LETTER)) {
      List<Token> list = tokens.list();
      list.set(from, new Token(Kind.TEXT, list.get(from).text(), true));
      return UnitReader.read(Tokens.of(list), from);
    }
    return UnitReader.read(tokens, from);
  }

  /** "5 feet 6 inches", in the first unit. */
  private Scalar sum(Expression first, UnitReader.Suffix suffix, Scalar rest) {
    boolean alike =
        suffix.unit().isPresent()
            && rest.unit().isPresent()
            && suffix.unit().get().dimensions().equals(rest.unit().get().dimensions());
    if (!alike) {
      throw new Unreadable("two numbers");
    }
    Rational ratio = rest.unit().get().factor().dividedBy(suffix.unit().get().factor());
    Expression sum =
        Expression.of(
            Expression.Kind.SUM,
            first,
            Expression.of(Expression.Kind.PRODUCT, rest.expression(), Expression.number(ratio)));
    return new Scalar(sum, exact(sum), Optional.empty(), false, suffix.unit(), rest.written());
  }

  private Optional<Rational> exact(Expression expression) {
    if (expression.kind() == Expression.Kind.NUMBER) {
      return Optional.of(expression.value());
    }
    return expression.isClosed() ? equivalence.exact(expression) : Optional.empty();
  }

  /** A number, its opposite, or a fraction of numbers. */
  private static boolean isWritten(Expression expression) {
    return switch (expression.kind()) {
      case NUMBER -> true;
      case NEGATION -> isWritten(expression.part(0));
      case QUOTIENT -> isSignedNumber(expression.part(0)) && isSignedNumber(expression.part(1));
      default -> false;
    };
  }

  private static boolean isSignedNumber(Expression expression) {
    return expression.kind() == Expression.Kind.NUMBER;
  }

  /** [sign] decimal, or [sign] decimal × 10^n. */
  private static Optional<DecimalLiteral> literal(Tokens tokens) {
    int at = tokens.is(0, "-") || tokens.is(0, "+") ? 1 : 0;
    if (!tokens.is(at, Kind.NUMBER)) {
      return Optional.empty();
    }
    String text = tokens.get(at).text();
    if (text.indexOf('.') < 0) {
      return Optional.empty();
    }
    int exponent = 0;
    int exponentAt = text.indexOf('e');
    if (exponentAt >= 0) {
      exponent = Integer.parseInt(text.substring(exponentAt + 1));
      text = text.substring(0, exponentAt);
    }
    if (at + 1 < tokens.size()) {
      boolean scientific =
          exponentAt < 0
              && tokens.is(at + 1, "*")
              && tokens.is(at + 2, Kind.NUMBER)
              && tokens.get(at + 2).text().equals("10")
              && tokens.is(at + 3, "^");
      if (!scientific) {
        return Optional.empty();
      }
      boolean braced = tokens.is(at + 4, "{");
      int from = braced ? at + 5 : at + 4;
      boolean negative = tokens.is(from, "-");
      from += negative ? 1 : 0;
      boolean isExponent =
          tokens.is(from, Kind.NUMBER)
              && tokens.get(from).text().length() <= 3
              && tokens.get(from).text().chars().allMatch(c -> c >= '0' && c <= '9')
              && tokens.size() == from + (braced ? 2 : 1);
      if (!isExponent) {
        return Optional.empty();
      }
      int power = Integer.parseInt(tokens.get(from).text());
      exponent = negative ? -power : power;
    }
    int point = text.indexOf('.');
    int significant = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      significant += c != '.' && (c != '0' || significant > 0) ? 1 : 0;
    }
    return Optional.of(new DecimalLiteral(text.length() - point - 1 - exponent, significant));
  }
}
