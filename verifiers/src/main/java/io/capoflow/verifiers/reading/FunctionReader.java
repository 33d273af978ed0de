package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Expression;
import io.capoflow.verifiers.expression.Expression.Kind;
import io.capoflow.verifiers.expression.Function;
import io.capoflow.verifiers.expression.Rational;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads functions with what they are applied to, and sums and products over an index. */
final class FunctionReader {
  private final ExpressionParser expressions;
  private final SymbolReader symbols;
  private final Cursor cursor;

  FunctionReader(ExpressionParser expressions, SymbolReader symbols, Cursor cursor) {
    this.expressions = expressions;
    this.symbols = symbols;
    this.cursor = cursor;
  }

  Expression function(Function named) {
    Function function = named;
    Expression power = null;
    if (cursor.here("^")) {
      power = expressions.exponent();
      boolean inverse = power.kind() == Kind.NUMBER && power.value().equals(Rational.of(-1));
      Optional<Function> inverted = inverse ? FunctionNames.inverse(function) : Optional.empty();
      if (inverted.isPresent()) {
        function = inverted.get();
        power = null;
      }
    }
    Expression applied = Expression.apply(function, operand());
    return power == null ? applied : Expression.of(Kind.POWER, applied, power);
  }

  Expression logarithm(Expression fixedBase) {
    Expression base = fixedBase;
    Expression power = null;
    for (int i = 0; i < 2; i++) {
      if (cursor.here("_")) {
        cursor.next();
        base = expressions.argument();
      } else if (cursor.here("^")) {
        power = expressions.exponent();
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
    expressions.enterArgument();
    cursor.enter();
    Expression operand;
    if (cursor.here("(") || cursor.here("[") || cursor.here("{")) {
      operand = expressions.bracketed();
      if (cursor.here("°")) {
        cursor.next();
        operand = Expression.of(Kind.PRODUCT, operand, ExpressionParser.DEGREE);
      }
    } else {
      if (!cursor.atEnd()
          && cursor.kind() == Token.Kind.COMMAND
          && isApplied(cursor.token().text())) {
        operand = expressions.base(); // \sin\arccos x
      } else {
        operand = expressions.signedFactor();
        while (expressions.beginsFactor()
            && !cursor.here("(")
            && !cursor.here("[")
            && !isAppliedHere()) {
          operand = Expression.of(Kind.PRODUCT, operand, expressions.factor());
        }
      }
    }
    cursor.leave();
    expressions.leaveArgument();
    return operand;
  }

  private boolean isAppliedHere() {
    return cursor.kind() == Token.Kind.COMMAND && isApplied(cursor.token().text());
  }

  private static boolean isApplied(String command) {
    return FunctionNames.contains(command) || command.equals("\\log") || command.equals("\\lg");
  }

  Expression several(Kind kind) {
    int close =
        cursor.here("(") || cursor.here("\\{") || cursor.here("[")
            ? cursor.tokens().partner(cursor.at())
            : -1;
    if (close < 0 || close >= cursor.end()) {
      throw new Unreadable("arguments in brackets");
    }
    List<Expression> arguments = new ArrayList<>();
    Tokens inner = cursor.tokens().slice(cursor.at() + 1, close);
    for (Tokens part : inner.split(inner.separators())) {
      arguments.add(expressions.whole(part));
    }
    cursor.moveTo(close + 1);
    return Expression.of(kind, arguments.toArray(new Expression[0]));
  }

  Expression upTo(String closing) {
    for (int i = cursor.at(), open = 1; i < cursor.end(); i++) {
      Token token = cursor.tokens().get(i);
      if (token.is("\\lfloor") || token.is("\\lceil")) {
        open++;
      } else if ((token.is("\\rfloor") || token.is("\\rceil")) && --open == 0) {
        if (!token.is(closing)) {
          break;
        }
        return expressions.inside(cursor.at(), i);
      }
    }
    throw new Unreadable(closing);
  }

  /** {@code \sum_{k=1}^{n} term}. */
  Expression over(Kind kind) {
    String index = null;
    Expression from = null;
    Expression to = null;
    for (int i = 0; i < 2; i++) {
      if (cursor.here("_") && cursor.is(1, "{")) {
        int close = cursor.tokens().partner(cursor.at() + 1);
        if (close < 0
            || close >= cursor.end()
            || !cursor.is(2, Token.Kind.LETTER)
            || !cursor.is(3, "=")) {
          throw new Unreadable("bounds");
        }
        index = cursor.tokens().get(cursor.at() + 2).text();
        from = expressions.inside(cursor.at() + 4, close);
      } else if (cursor.here("^")) {
        to = expressions.exponent();
      }
    }
    if (index == null || to == null) {
      throw new Unreadable("bounds");
    }
    cursor.enter();
    symbols.enterSum(index);
    Expression body = expressions.product();
    symbols.leaveSum();
    cursor.leave();
    return Expression.over(kind, index, from, to, body);
  }
}
