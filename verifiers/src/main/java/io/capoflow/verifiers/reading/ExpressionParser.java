package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.expression.Expression;
import io.capoflow.verifiers.expression.Expression.Kind;
import io.capoflow.verifiers.expression.Function;
import io.capoflow.verifiers.expression.Rational;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads an expression by recursive descent. It stops before the first token that cannot go on one,
 * which the caller looks at: a unit, or nothing.
 */
final class ExpressionParser {
  private static final Map<String, Function> FUNCTIONS =
      Map.ofEntries(
          Map.entry("\\sin", Function.SIN),
          Map.entry("\\cos", Function.COS),
          Map.entry("\\tan", Function.TAN),
          Map.entry("\\cot", Function.COT),
          Map.entry("\\sec", Function.SEC),
          Map.entry("\\csc", Function.CSC),
          Map.entry("\\arcsin", Function.ARCSIN),
          Map.entry("\\arccos", Function.ARCCOS),
          Map.entry("\\arctan", Function.ARCTAN),
          Map.entry("\\arccot", Function.ARCCOT),
          Map.entry("\\arcsec", Function.ARCSEC),
          Map.entry("\\arccsc", Function.ARCCSC),
          Map.entry("\\sinh", Function.SINH),
          Map.entry("\\cosh", Function.COSH),
          Map.entry("\\tanh", Function.TANH),
          Map.entry("\\exp", Function.EXP),
          Map.entry("\\ln", Function.LN),
          Map.entry("\\abs", Function.ABS),
          Map.entry("\\floor", Function.FLOOR),
          Map.entry("\\ceil", Function.CEILING),
          Map.entry("\\sgn", Function.SIGN),
          Map.entry("\\Re", Function.REAL_PART),
          Map.entry("\\Im", Function.IMAGINARY_PART));

  private static final Map<Function, Function> INVERSE =
      Map.of(
          Function.SIN, Function.ARCSIN,
          Function.COS, Function.ARCCOS,
          Function.TAN, Function.ARCTAN,
          Function.COT, Function.ARCCOT,
          Function.SEC, Function.ARCSEC,
          Function.CSC, Function.ARCCSC);

  private static final Map<String, Kind> SEVERAL =
      Map.of(
          "\\gcd", Kind.GREATEST_COMMON_DIVISOR,
          "\\lcm", Kind.LEAST_COMMON_MULTIPLE,
          "\\max", Kind.MAXIMUM,
          "\\min", Kind.MINIMUM);

  private static final Set<String> ACCENTS =
      Set.of(
          "\\vec",
          "\\hat",
          "\\bar",
          "\\overline",
          "\\tilde",
          "\\widehat",
          "\\widetilde",
          "\\overrightarrow",
          "\\dot",
          "\\ddot");

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

  private static final Expression DEGREE =
      Expression.of(Kind.QUOTIENT, Expression.PI, Expression.number(180));

  /** A level of brackets is up to three of descent. */
  private static final int NESTING = 3 * Budget.DEPTH;

  /** What reading a factor costs, in units of fuel. */
  private static final int FACTOR = 5;

  /** Tokens that are compared with a running index for a unit of fuel. */
  private static final int COMPARED = 8;

  private final Tokens tokens;
  private final Budget budget;
  private int at;
  private int end;
  private int depth;
  private int bars;
  private int functions;

  /** Of the sums that are being read: there, i and e are no constants. */
  private final Deque<String> indices = new ArrayDeque<>(0);

  ExpressionParser(Tokens tokens, Budget budget) {
    this.tokens = tokens;
    this.budget = budget;
    this.end = tokens.size();
  }

  /** The longest expression that the tokens begin with. */
  Expression prefix() {
    Expression expression = sum();
    return take("\\over") ? Expression.of(Kind.QUOTIENT, expression, sum()) : expression;
  }

  /** Where the expression ended. */
  int position() {
    return at;
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
    if (at != tokens.size()) {
      throw new Unreadable("more than an expression");
    }
    return expression;
  }

  /** A part of these tokens as one expression. */
  private Expression whole(Tokens part) {
    ExpressionParser parser = new ExpressionParser(part, budget);
    parser.indices.addAll(indices);
    return parser.whole();
  }

  private boolean here(String symbol) {
    return at < end && tokens.get(at).is(symbol);
  }

  private boolean take(String symbol) {
    boolean taken = here(symbol);
    at += taken ? 1 : 0;
    return taken;
  }

  private Token.Kind kind() {
    return at < end ? tokens.get(at).kind() : null;
  }

  private Expression sum() {
    Budget.check(++depth <= NESTING, "depth");
    Expression first = signedProduct();
    if (!here("+") && !here("-")) {
      depth--;
      return first;
    }
    List<Expression> terms = new ArrayList<>();
    terms.add(first);
    while (here("+") || here("-")) {
      terms.add(signedProduct());
    }
    depth--;
    return Expression.of(Kind.SUM, terms.toArray(new Expression[0]));
  }

  private Expression signedProduct() {
    boolean negative = false;
    while (here("+") || here("-")) {
      negative ^= here("-");
      at++;
    }
    Expression product = product();
    return negative ? negated(product) : product;
  }

  private static Expression negated(Expression value) {
    return value.kind() == Kind.NUMBER
        ? Expression.number(value.value().negate())
        : Expression.of(Kind.NEGATION, value);
  }

  private Expression product() {
    Expression left = factor();
    List<Expression> factors = null;
    while (at < end) {
      if (take("/")) {
        if (factors != null) {
          left = Expression.of(Kind.PRODUCT, factors.toArray(new Expression[0]));
          factors = null;
        }
        left = Expression.of(Kind.QUOTIENT, left, signedFactor());
        continue;
      }
      if (!take("*") && !beginsFactor()) {
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

  private Expression signedFactor() {
    boolean negative = false;
    while (here("+") || here("-")) {
      negative ^= here("-");
      at++;
    }
    Expression factor = factor();
    return negative ? negated(factor) : factor;
  }

  /** Whether the next token may be multiplied with what stands before it, without a sign. */
  private boolean beginsFactor() {
    if (at >= end) {
      return false;
    }
    Token token = tokens.get(at);
    return switch (token.kind()) {
      case NUMBER ->
          tokens.is(at - 1, ")")
              || tokens.is(at - 1, "]")
              || tokens.is(at - 1, "}")
              || tokens.is(at - 1, "!");
      case LETTER -> true;
      case COMMAND ->
          !isFractionOfUnits()
              && (FUNCTIONS.containsKey(token.text())
                  || OTHER_BEGINNINGS.contains(token.text())
                  || SEVERAL.containsKey(token.text())
                  || ACCENTS.contains(token.text())
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
    return here("\\frac")
        && (tokens.is(at + 1, Token.Kind.TEXT)
            || (tokens.is(at + 1, "{") && tokens.is(at + 2, Token.Kind.TEXT)));
  }

  private Expression factor() {
    Expression base = base();
    while (at < end) {
      if (here("^")) {
        base = Expression.of(Kind.POWER, base, exponent());
      } else if (here("!")) {
        at++;
        if (here("!")) {
          throw new Unreadable("a double factorial");
        }
        base = Expression.of(Kind.FACTORIAL, base);
      } else if (here("°") && functions > 0) {
        at++;
        base = Expression.of(Kind.PRODUCT, base, DEGREE);
      } else if (here("%") && at + 1 < end && (tokens.is(at + 1, "*") || tokens.is(at + 1, "+"))) {
        at++;
        base = Expression.of(Kind.QUOTIENT, base, Expression.number(100));
      } else {
        break;
      }
    }
    return base;
  }

  /** Behind the caret: a group, or one token with its sign; towers lean to the right. */
  private Expression exponent() {
    at++;
    Budget.check(++depth <= NESTING, "depth");
    boolean negative = false;
    while (here("-") || here("+")) {
      negative ^= here("-");
      at++;
    }
    Expression exponent = base();
    while (here("!")) {
      at++;
      exponent = Expression.of(Kind.FACTORIAL, exponent);
    }
    if (here("^")) {
      exponent = Expression.of(Kind.POWER, exponent, exponent());
    }
    depth--;
    return negative ? negated(exponent) : exponent;
  }

  private Expression base() {
    budget.spend(FACTOR);
    if (at >= end) {
      throw new Unreadable("nothing where an expression should be");
    }
    Token token = tokens.get(at);
    return switch (token.kind()) {
      case NUMBER -> number();
      case LETTER -> letter();
      case COMMAND -> command(token.text());
      case SYMBOL ->
          switch (token.text()) {
            case "(", "[", "{" -> bracketed();
            case "|" -> absolute();
            case "√" -> {
              at++;
              yield Expression.of(Kind.ROOT, base(), Expression.number(2));
            }
            case "∞" -> {
              at++;
              yield Expression.INFINITY;
            }
            default -> throw new Unreadable(token.text());
          };
      case TEXT, CURRENCY, SEPARATOR -> throw new Unreadable(token.text());
    };
  }

  private Expression number() {
    String text = tokens.get(at++).text();
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
    if (here("\\frac")) {
      int numeratorAt = tokens.is(at + 1, "{") ? at + 2 : at + 1;
      int afterNumerator = numeratorAt + (tokens.is(at + 1, "{") ? 2 : 1);
      int denominatorAt = tokens.is(afterNumerator, "{") ? afterNumerator + 1 : afterNumerator;
      int after = denominatorAt + (tokens.is(afterNumerator, "{") ? 2 : 1);
      boolean closed =
          (!tokens.is(at + 1, "{") || tokens.is(numeratorAt + 1, "}"))
              && (!tokens.is(afterNumerator, "{") || tokens.is(denominatorAt + 1, "}"));
      return closed && after <= end ? proper(numeratorAt, denominatorAt, after) : null;
    }
    boolean apart = kind() == Token.Kind.NUMBER && tokens.get(at).spaced();
    return apart && tokens.is(at + 1, "/") && at + 3 <= end ? proper(at, at + 2, at + 3) : null;
  }

  private Rational proper(int numeratorAt, int denominatorAt, int after) {
    if (!tokens.is(numeratorAt, Token.Kind.NUMBER)
        || !tokens.is(denominatorAt, Token.Kind.NUMBER)
        || !isDigits(tokens.get(numeratorAt).text())
        || !isDigits(tokens.get(denominatorAt).text())) {
      return null;
    }
    BigInteger numerator = value(tokens.get(numeratorAt).text()).numerator();
    BigInteger denominator = value(tokens.get(denominatorAt).text()).numerator();
    if (numerator.signum() == 0 || numerator.compareTo(denominator) >= 0) {
      return null;
    }
    at = after;
    return Rational.of(numerator, denominator);
  }

  private Expression letter() {
    String name = tokens.get(at++).text();
    boolean indexed = here("_") || here("'");
    if (!indexed) {
      if (indices.contains(name)) {
        return Expression.variable(name);
      }
      switch (name) {
        case "e":
          return Expression.EULER;
        case "i":
          return Expression.IMAGINARY;
        case "f", "g", "h":
          if (here("(") && tokens.partner(at) > 0 && tokens.partner(at) < end) {
            return application(name);
          }
          break;
        default:
          break;
      }
    }
    Expression symbol = symbol(name);
    boolean applied =
        name.length() == 1 && "fgh".contains(name) && here("(") && tokens.partner(at) > 0;
    if (applied && symbol.kind() == Kind.RUNNING) {
      throw new Unreadable("a function for each index");
    }
    return applied ? application(symbol.name()) : symbol;
  }

  /**
   * A function that nothing is known of: the whole is an atom, told by its tokens, or one for each
   * value of an argument that a sum's index runs in.
   */
  private Expression application(String name) {
    int close = tokens.partner(at);
    Tokens argument = tokens.slice(at + 1, close);
    if (runs(argument)) {
      return Expression.running(name + "(", inside(at + 1, close));
    }
    at = close + 1;
    return Expression.variable(name + "(" + argument.joined() + ")");
  }

  /** Whether a running index occurs, or may. */
  private boolean runs(Tokens part) {
    if (indices.isEmpty()) {
      return false;
    }
    budget.spend(1 + (long) part.size() * indices.size() / COMPARED);
    for (int i = 0; i < part.size(); i++) {
      String text = part.get(i).text();
      if (part.is(i, Token.Kind.LETTER)
          ? indices.contains(text)
          : part.is(i, Token.Kind.TEXT) && indices.stream().anyMatch(text::contains)) {
        return true;
      }
    }
    return false;
  }

  /**
   * A letter with its indices and primes: an atom, or one for each value of an index that runs.
   *
   * @throws Unreadable where an index runs that is more than a sum of letters and numbers: a_{ij}
   *     has two, a_{2k} may have
   */
  private Expression symbol(String name) {
    StringBuilder full = new StringBuilder(name);
    Expression running = null;
    while (here("_") || here("'")) {
      if (running != null) {
        throw new Unreadable("more behind an index that runs");
      }
      if (take("'")) {
        full.append('\'');
        continue;
      }
      at++;
      if (at >= end) {
        throw new Unreadable("an index without a text");
      }
      int close = here("{") ? tokens.partner(at) : -1;
      int from = close > 0 ? at + 1 : at;
      int to = close > 0 ? close : at + 1;
      Tokens index = tokens.slice(from, to);
      full.append('_');
      if (runs(index)) {
        requireSum(index);
        running = inside(from, to);
      } else {
        full.append(index.joined());
      }
      at = close > 0 ? close + 1 : to;
    }
    return running == null
        ? Expression.variable(full.toString())
        : Expression.running(full.toString(), running);
  }

  private static void requireSum(Tokens index) {
    for (int i = 0; i < index.size(); i++) {
      boolean sign = index.is(i, "+") || index.is(i, "-");
      boolean term = index.is(i, Token.Kind.LETTER) || index.is(i, Token.Kind.NUMBER);
      boolean behindTerm = index.is(i - 1, Token.Kind.LETTER) || index.is(i - 1, Token.Kind.NUMBER);
      if (!sign && (!term || behindTerm)) {
        throw new Unreadable("several indices");
      }
    }
  }

  private Expression bracketed() {
    int close = tokens.partner(at);
    if (close < 0 || close >= end || !samePair(at, close)) {
      throw new Unreadable("a bracket that does not close");
    }
    return inside(at + 1, close);
  }

  private boolean samePair(int open, int close) {
    return tokens.is(open, "{") || tokens.is(open, "(") == tokens.is(close, ")");
  }

  /** The expression that fills the stretch; goes on behind the bracket that ends it. */
  private Expression inside(int from, int close) {
    int outerEnd = end;
    int outerBars = bars;
    int outerFunctions = functions;
    at = from;
    end = close;
    bars = 0;
    Expression inner = sum();
    if (take("\\over")) {
      inner = Expression.of(Kind.QUOTIENT, inner, sum());
    }
    if (at != close) {
      throw new Unreadable("more than an expression in brackets");
    }
    end = outerEnd;
    bars = outerBars;
    functions = outerFunctions;
    at = close + 1;
    return inner;
  }

  private Expression absolute() {
    at++;
    bars++;
    Expression inner = sum();
    bars--;
    if (!take("|")) {
      throw new Unreadable("a bar that does not close");
    }
    return Expression.apply(Function.ABS, inner);
  }

  private Expression command(String name) {
    at++;
    if (FUNCTIONS.containsKey(name)) {
      return function(FUNCTIONS.get(name));
    }
    if (SEVERAL.containsKey(name)) {
      return several(SEVERAL.get(name));
    }
    if (ACCENTS.contains(name)) {
      return accented(name);
    }
    if (name.startsWith("\\mathcal{")) {
      return symbol(name);
    }
    return switch (name) {
      case "\\pi" -> Expression.PI;
      case "\\frac" -> Expression.of(Kind.QUOTIENT, argument(), argument());
      case "\\binom" -> Expression.of(Kind.BINOMIAL, argument(), argument());
      case "\\sqrt" -> root();
      case "\\log" -> logarithm(null);
      case "\\lg" -> logarithm(Expression.number(10));
      case "\\lfloor" -> Expression.apply(Function.FLOOR, upTo("\\rfloor"));
      case "\\lceil" -> Expression.apply(Function.CEILING, upTo("\\rceil"));
      case "\\sum" -> over(Kind.SUM_OVER);
      case "\\prod" -> over(Kind.PRODUCT_OVER);
      default -> throw new Unreadable(name);
    };
  }

  /** A group, or one token. */
  private Expression argument() {
    Budget.check(++depth <= NESTING, "depth");
    Expression argument = here("{") ? bracketed() : base();
    depth--;
    return argument;
  }

  private Expression root() {
    Expression index = Expression.number(2);
    if (here("[")) {
      int close = tokens.partner(at);
      if (close < 0 || close >= end) {
        throw new Unreadable("a root's index");
      }
      index = inside(at + 1, close);
    }
    return Expression.of(Kind.ROOT, argument(), index);
  }

  private Expression function(Function named) {
    Function function = named;
    Expression power = null;
    if (here("^")) {
      power = exponent();
      boolean inverse = power.kind() == Kind.NUMBER && power.value().equals(Rational.of(-1));
      if (inverse && INVERSE.containsKey(function)) {
        function = INVERSE.get(function);
        power = null;
      }
    }
    Expression applied = Expression.apply(function, operand());
    return power == null ? applied : Expression.of(Kind.POWER, applied, power);
  }

  private Expression logarithm(Expression fixedBase) {
    Expression base = fixedBase;
    Expression power = null;
    for (int i = 0; i < 2; i++) {
      if (here("_")) {
        at++;
        base = argument();
      } else if (here("^")) {
        power = exponent();
      }
    }
    Expression operand = operand();
    Expression logarithm =
        base == null
            ? Expression.of(Kind.LOGARITHM, operand)
            : Expression.of(Kind.LOGARITHM, operand, base);
    return power == null ? logarithm : Expression.of(Kind.POWER, logarithm, power);
  }

  /** What a function is applied to: brackets, or factors up to the next sign or function. */
  private Expression operand() {
    functions++;
    Budget.check(++depth <= NESTING, "depth");
    Expression operand;
    if (here("(") || here("[") || here("{")) {
      operand = bracketed();
      if (here("°")) {
        at++;
        operand = Expression.of(Kind.PRODUCT, operand, DEGREE);
      }
    } else {
      if (at < end && kind() == Token.Kind.COMMAND && isApplied(tokens.get(at).text())) {
        operand = base(); // \sin\arccos x
      } else {
        operand = signedFactor();
        while (beginsFactor() && !here("(") && !here("[") && !isAppliedHere()) {
          operand = Expression.of(Kind.PRODUCT, operand, factor());
        }
      }
    }
    depth--;
    functions--;
    return operand;
  }

  private boolean isAppliedHere() {
    return kind() == Token.Kind.COMMAND && isApplied(tokens.get(at).text());
  }

  private static boolean isApplied(String command) {
    return FUNCTIONS.containsKey(command)
        || SEVERAL.containsKey(command)
        || command.equals("\\log")
        || command.equals("\\lg");
  }

  private Expression several(Kind kind) {
    int close = here("(") || here("\\{") || here("[") ? tokens.partner(at) : -1;
    if (close < 0 || close >= end) {
      throw new Unreadable("arguments in brackets");
    }
    List<Expression> arguments = new ArrayList<>();
    Tokens inner = tokens.slice(at + 1, close);
    for (Tokens part : inner.split(inner.separators())) {
      arguments.add(whole(part));
    }
    at = close + 1;
    return Expression.of(kind, arguments.toArray(new Expression[0]));
  }

  private Expression accented(String accent) {
    int start = at;
    int close = here("{") ? tokens.partner(at) : at;
    if (close < 0 || close >= end) {
      throw new Unreadable(accent);
    }
    Tokens inner = tokens.slice(start, close + 1);
    if (runs(inner)) {
      throw new Unreadable("an accent over an index that runs");
    }
    String content = inner.joined();
    at = close + 1;
    boolean conjugate = accent.equals("\\bar") || accent.equals("\\overline");
    if (conjugate && (content.equals("z") || content.equals("w"))) {
      return Expression.apply(Function.CONJUGATE, Expression.variable(content));
    }
    return symbol(accent + " " + content);
  }

  private Expression upTo(String closing) {
    for (int i = at, open = 1; i < end; i++) {
      Token token = tokens.get(i);
      if (token.is("\\lfloor") || token.is("\\lceil")) {
        open++;
      } else if ((token.is("\\rfloor") || token.is("\\rceil")) && --open == 0) {
        if (!token.is(closing)) {
          break;
        }
        return inside(at, i);
      }
    }
    throw new Unreadable(closing);
  }

  /** {@code \sum_{k=1}^{n} term}. */
  private Expression over(Kind kind) {
    String index = null;
    Expression from = null;
    Expression to = null;
    for (int i = 0; i < 2; i++) {
      if (here("_") && tokens.is(at + 1, "{")) {
        int close = tokens.partner(at + 1);
        if (close < 0
            || close >= end
            || !tokens.is(at + 2, Token.Kind.LETTER)
            || !tokens.is(at + 3, "=")) {
          throw new Unreadable("bounds");
        }
        index = tokens.get(at + 2).text();
        from = inside(at + 4, close);
      } else if (here("^")) {
        to = exponent();
      }
    }
    if (index == null || to == null) {
      throw new Unreadable("bounds");
    }
    Budget.check(++depth <= NESTING, "depth");
    indices.push(index);
    Expression body = product();
    indices.pop();
    depth--;
    return Expression.over(kind, index, from, to, body);
  }
}
