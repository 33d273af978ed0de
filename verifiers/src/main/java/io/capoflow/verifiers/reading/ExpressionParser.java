package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.expression.Expression;
import io.capoflow.verifiers.expression.Expression.Kind;
import io.capoflow.verifiers.expression.Function;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads an expression by recursive descent. It stops before the first token that cannot go on one,
 * which the caller looks at: a unit, or nothing.
 */
final class ExpressionParser {
  private static final Set<String> OTHER_BEGINNINGS =
      Set.of(
          "\\frac",
          "\\sqrt",
          "\\binom",
          "\\pi",
          "\\log",
          "\\lg",
          "\\lfloor",
          "\\lceil",
          "\\sum",
          "\\prod");

  static final Expression DEGREE =
      Expression.of(Kind.QUOTIENT, Expression.PI, Expression.number(180));

  /** What reading a factor costs, in units of fuel. */
  private static final int FACTOR = 5;

  private final Budget budget;
  private final Cursor cursor;
  private final NumberReader numbers;
  private final SymbolReader symbols;
  private final FunctionReader functions;
  private int bars;

  /** How many functions have arguments that are being read. */
  private int arguments;

  ExpressionParser(Tokens tokens, Budget budget) {
    this.budget = budget;
    cursor = new Cursor(tokens);
    numbers = new NumberReader(cursor);
    symbols = new SymbolReader(this, cursor, budget);
    functions = new FunctionReader(this, symbols, cursor);
  }

  /** The longest expression that the tokens begin with. */
  Expression prefix() {
    Expression expression = sum();
    return cursor.take("\\over") ? Expression.of(Kind.QUOTIENT, expression, sum()) : expression;
  }

  /** Where the expression ended. */
  int position() {
    return cursor.at();
  }

  /**
   * All of the tokens as one expression.
   *
   * @throws Unreadable where they are none
   */
  static Expression whole(Tokens tokens, Budget budget) {
    return new ExpressionParser(tokens, budget).whole();
  }

  private Expression whole() {
    Expression expression = prefix();
    if (cursor.at() != cursor.tokens().size()) {
      throw new Unreadable("more than an expression");
    }
    return expression;
  }

  /** A part of these tokens as one expression. */
  Expression whole(Tokens part) {
    ExpressionParser parser = new ExpressionParser(part, budget);
    parser.symbols.runAlso(symbols);
    return parser.whole();
  }

  /** From here to {@link #leaveArgument}, a degree sign is a factor and no unit. */
  void enterArgument() {
    arguments++;
  }

  void leaveArgument() {
    arguments--;
  }

  private Expression sum() {
    cursor.enter();
    Expression first = signedProduct();
    if (!cursor.here("+") && !cursor.here("-")) {
      cursor.leave();
      return first;
    }
    List<Expression> terms = new ArrayList<>();
    terms.add(first);
    while (cursor.here("+") || cursor.here("-")) {
      terms.add(signedProduct());
    }
    cursor.leave();
    return Expression.of(Kind.SUM, terms.toArray(new Expression[0]));
  }

  private Expression signedProduct() {
    boolean negative = false;
    while (cursor.here("+") || cursor.here("-")) {
      negative ^= cursor.here("-");
      cursor.next();
    }
    Expression product = product();
    return negative ? negated(product) : product;
  }

  private static Expression negated(Expression value) {
    return value.kind() == Kind.NUMBER
        ? Expression.number(value.value().negate())
        : Expression.of(Kind.NEGATION, value);
  }

  Expression product() {
    Expression left = factor();
    List<Expression> factors = null;
    while (!cursor.atEnd()) {
      if (cursor.take("/")) {
        if (factors != null) {
          left = Expression.of(Kind.PRODUCT, factors.toArray(new Expression[0]));
          factors = null;
        }
        left = Expression.of(Kind.QUOTIENT, left, signedFactor());
        continue;
      }
      if (!cursor.take("*") && !beginsFactor()) {
        break;
      }
      if (factors == null) {
        factors = new ArrayList<>();
        factors.add(left);
      }
      factors.add(signedFactor());
    }
    return factors == null ? left : Expression.of(Kind.PRODUCT, factors.toArray(new Expression[0]));
  }

  Expression signedFactor() {
    boolean negative = false;
    while (cursor.here("+") || cursor.here("-")) {
      negative ^= cursor.here("-");
      cursor.next();
    }
    Expression factor = factor();
    return negative ? negated(factor) : factor;
  }

  /** Whether the next token may be multiplied with what stands before it, without a sign. */
  boolean beginsFactor() {
    if (cursor.atEnd()) {
      return false;
    }
    Token token = cursor.token();
    return switch (token.kind()) {
      case NUMBER ->
          cursor.is(-1, ")") || cursor.is(-1, "]") || cursor.is(-1, "}") || cursor.is(-1, "!");
      case LETTER -> true;
      case COMMAND ->
          !isFractionOfUnits()
              && (FunctionNames.contains(token.text())
                  || OTHER_BEGINNINGS.contains(token.text())
                  || SymbolReader.isAccent(token.text())
                  || token.text().startsWith("\\mathcal{"));
      case SYMBOL ->
          switch (token.text()) {
            case "(", "[", "{", "√" -> true;
            case "|" -> bars == 0;
            default -> false;
          };
      case TEXT, CURRENCY, SEPARATOR -> false;
    };
  }

  /** A fraction whose numerator is a word is a unit. */
  private boolean isFractionOfUnits() {
    return cursor.here("\\frac")
        && (cursor.is(1, Token.Kind.TEXT) || (cursor.is(1, "{") && cursor.is(2, Token.Kind.TEXT)));
  }

  Expression factor() {
    Expression base = base();
    while (!cursor.atEnd()) {
      if (cursor.here("^")) {
        base = Expression.of(Kind.POWER, base, exponent());
      } else if (cursor.here("!")) {
        cursor.next();
        if (cursor.here("!")) {
          throw new Unreadable("a double factorial");
        }
        base = Expression.of(Kind.FACTORIAL, base);
      } else if (cursor.here("°") && arguments > 0) {
        cursor.next();
        base = Expression.of(Kind.PRODUCT, base, DEGREE);
      } else if (cursor.here("%")
          && cursor.at() + 1 < cursor.end()
          && (cursor.is(1, "*") || cursor.is(1, "+"))) {
        cursor.next();
        base = Expression.of(Kind.QUOTIENT, base, Expression.number(100));
      } else {
        break;
      }
    }
    return base;
  }

  /** Behind the caret: a group, or one token with its sign; towers lean to the right. */
  Expression exponent() {
    cursor.next();
    cursor.enter();
    boolean negative = false;
    while (cursor.here("-") || cursor.here("+")) {
      negative ^= cursor.here("-");
      cursor.next();
    }
    Expression exponent = base();
    while (cursor.here("!")) {
      cursor.next();
      exponent = Expression.of(Kind.FACTORIAL, exponent);
    }
    if (cursor.here("^")) {
      exponent = Expression.of(Kind.POWER, exponent, exponent());
    }
    cursor.leave();
    return negative ? negated(exponent) : exponent;
  }

  Expression base() {
    budget.spend(FACTOR);
    if (cursor.atEnd()) {
      throw new Unreadable("nothing where an expression should be");
    }
    Token token = cursor.token();
    return switch (token.kind()) {
      case NUMBER -> numbers.read();
      case LETTER -> symbols.letter();
      case COMMAND -> command(token.text());
      case SYMBOL ->
          switch (token.text()) {
            case "(", "[", "{" -> bracketed();
            case "|" -> absolute();
            case "√" -> {
              cursor.next();
              yield Expression.of(Kind.ROOT, base(), Expression.number(2));
            }
            case "∞" -> {
              cursor.next();
              yield Expression.INFINITY;
            }
            default -> throw new Unreadable(token.text());
          };
      case TEXT, CURRENCY, SEPARATOR -> throw new Unreadable(token.text());
    };
  }

  Expression bracketed() {
    int close = cursor.tokens().partner(cursor.at());
    if (close < 0 || close >= cursor.end() || !samePair(cursor.at(), close)) {
      throw new Unreadable("a bracket that does not close");
    }
    return inside(cursor.at() + 1, close);
  }

  private boolean samePair(int open, int close) {
    return cursor.tokens().is(open, "{")
        || cursor.tokens().is(open, "(") == cursor.tokens().is(close, ")");
  }

  /** The expression that fills the stretch; goes on behind the bracket that ends it. */
  Expression inside(int from, int close) {
    int outerEnd = cursor.limit(close);
    int outerBars = bars;
    int outerArguments = arguments;
    cursor.moveTo(from);
    bars = 0;
    Expression inner = sum();
    if (cursor.take("\\over")) {
      inner = Expression.of(Kind.QUOTIENT, inner, sum());
    }
    if (cursor.at() != close) {
      throw new Unreadable("more than an expression in brackets");
    }
    cursor.limit(outerEnd);
    bars = outerBars;
    arguments = outerArguments;
    cursor.moveTo(close + 1);
    return inner;
  }

  private Expression absolute() {
    cursor.next();
    bars++;
    Expression inner = sum();
    bars--;
    if (!cursor.take("|")) {
      throw new Unreadable("a bar that does not close");
    }
    return Expression.apply(Function.ABS, inner);
  }

  private Expression command(String name) {
    cursor.next();
    Optional<Function> function = FunctionNames.ofOne(name);
    if (function.isPresent()) {
      return functions.function(function.get());
    }
    Optional<Kind> several = FunctionNames.ofSeveral(name);
    if (several.isPresent()) {
      return functions.several(several.get());
    }
    if (SymbolReader.isAccent(name)) {
      return symbols.accented(name);
    }
    if (name.startsWith("\\mathcal{")) {
      return symbols.symbol(name);
    }
    return switch (name) {
      case "\\pi" -> Expression.PI;
      case "\\frac" -> Expression.of(Kind.QUOTIENT, argument(), argument());
      case "\\binom" -> Expression.of(Kind.BINOMIAL, argument(), argument());
      case "\\sqrt" -> root();
      case "\\log" -> functions.logarithm(null);
      case "\\lg" -> functions.logarithm(Expression.number(10));
      case "\\lfloor" -> Expression.apply(Function.FLOOR, functions.upTo("\\rfloor"));
      case "\\lceil" -> Expression.apply(Function.CEILING, functions.upTo("\\rceil"));
      case "\\sum" -> functions.over(Kind.SUM_OVER);
      case "\\prod" -> functions.over(Kind.PRODUCT_OVER);
      default -> throw new Unreadable(name);
    };
  }

  /** A group, or one token. */
  Expression argument() {
    cursor.enter();
    Expression argument = cursor.here("{") ? bracketed() : base();
    cursor.leave();
    return argument;
  }

  private Expression root() {
    Expression index = Expression.number(2);
    if (cursor.here("[")) {
      int close = cursor.tokens().partner(cursor.at());
      if (close < 0 || close >= cursor.end()) {
        throw new Unreadable("a root's index");
      }
      index = inside(cursor.at() + 1, close);
    }
    return Expression.of(Kind.ROOT, argument(), index);
  }
}
