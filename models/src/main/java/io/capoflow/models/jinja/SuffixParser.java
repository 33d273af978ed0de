package io.capoflow.models.jinja;

import io.capoflow.models.jinja.Expression.Arguments;
import io.capoflow.models.jinja.Expression.Literal;
import io.capoflow.models.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Parses what stands after an expression: attributes, items, calls, filters and tests. */
final class SuffixParser {
  private static final Literal NONE = new Literal(null);

  private final Tokens tokens;
  private final ExpressionParser expressions;
  private final MacroNames macros;

  SuffixParser(Tokens tokens, ExpressionParser expressions, MacroNames macros) {
    this.tokens = tokens;
    this.expressions = expressions;
    this.macros = macros;
  }

  /** Attributes, items and calls after an expression. */
  Expression items(Expression of) {
    Expression result = of;
    while (true) {
      if (tokens.skipOperator(".")) {
        result = attribute(result);
      } else if (tokens.skipOperator("[")) {
        result = item(result);
      } else if (tokens.nextIsOperator("(")) {
        result = call(result);
      } else {
        return result;
      }
      tokens.operation();
    }
  }

  private Expression attribute(Expression of) {
    if (tokens.nextIs(Kind.INTEGER)) {
      return new Expression.Item(of, new Literal(Long.parseLong(tokens.take().text())));
    }
    if (!tokens.nextIs(Kind.NAME)) {
      throw tokens.mistake("a name is wanted, found " + tokens.next().shown());
    }
    if (tokens.afterNext().is(Kind.OPERATOR, "(")) {
      return methodCall(of);
    }
    return new Expression.Item(of, new Literal(tokens.take().text()));
  }

  private Expression methodCall(Expression of) {
    Method method = known(Method.named(tokens.next().text()), "the method", "()");
    Token name = tokens.take();
    Arguments arguments = arguments();
    if (!arguments.byName().isEmpty() || !method.takes(arguments.byPlace().size())) {
      throw tokens.mistake(
          name, "the method %s takes another number of arguments".formatted(name.text()));
    }
    return new Expression.MethodCall(of, method, arguments.byPlace());
  }

  private Expression item(Expression of) {
    Expression start = tokens.nextIsOperator(":") ? NONE : expressions.expression();
    if (tokens.skipOperator("]")) {
      return new Expression.Item(of, start);
    }
    if (!tokens.nextIsOperator(":")) {
      throw tokens.mistake("] is wanted, found " + tokens.next().shown());
    }
    Expression stop = bound();
    Expression step = bound();
    tokens.expectOperator("]");
    return new Expression.Slice(of, start, stop, step);
  }

  /** What stands after the next colon of a slice. */
  private Expression bound() {
    return tokens.skipOperator(":") && !tokens.nextIsOperator("]") && !tokens.nextIsOperator(":")
        ? expressions.expression()
        : NONE;
  }

  private Expression call(Expression of) {
    if (!(of instanceof Expression.Name name)) {
      throw tokens.unsupported("a call of what is no name");
    }
    Optional<Function> function = Function.named(name.name());
    if (function.isPresent()) {
      return new Expression.FunctionCall(function.get(), arguments());
    }
    macros.called(name.name(), tokens.next());
    return new Expression.MacroCall(name.name(), arguments());
  }

  private Arguments arguments() {
    tokens.expectOperator("(");
    List<Expression> byPlace = new ArrayList<>();
    Map<String, Expression> byName = new LinkedHashMap<>();
    while (!tokens.skipOperator(")")) {
      if (tokens.nextIsOperator("*") || tokens.nextIsOperator("**")) {
        throw tokens.unsupported("a call with " + tokens.next().text());
      }
      if (tokens.nextIs(Kind.NAME) && tokens.afterNext().is(Kind.OPERATOR, "=")) {
        String name = tokens.take().text();
        tokens.take();
        byName.put(name, expressions.expression());
      } else if (byName.isEmpty()) {
        byPlace.add(expressions.expression());
      } else {
        throw tokens.mistake("an argument without a name follows one that has a name");
      }
      if (!tokens.nextIsOperator(")")) {
        tokens.expectOperator(",");
      }
    }
    return new Arguments(List.copyOf(byPlace), byName);
  }

  /** Filters and tests after an expression. */
  Expression filtersAndTests(Expression of) {
    Expression result = of;
    while (true) {
      if (tokens.skipOperator("|")) {
        result = filter(result);
      } else if (tokens.skipName("is")) {
        result = test(result);
      } else if (tokens.nextIsOperator("(")) {
        result = call(result);
      } else {
        return result;
      }
      tokens.operation();
    }
  }

  private Expression filter(Expression of) {
    Filter filter = known(Filter.named(tokens.next().text()), "the filter", "");
    Token name = tokens.take();
    Arguments arguments =
        tokens.nextIsOperator("(") ? arguments() : new Arguments(List.of(), Map.of());
    if (filter.isItemwise()) {
      Itemwise.requireSupported(filter, name, arguments, tokens);
    } else if (!filter.takes(arguments)) {
      throw tokens.mistake(name, "the filter %s takes other arguments".formatted(name.text()));
    }
    return new Expression.Filtered(of, filter, arguments);
  }

  private Expression test(Expression of) {
    boolean negated = tokens.skipName("not");
    Test test = known(Test.named(tokens.next().text()), "the test", "");
    Token name = tokens.take();
    List<Expression> arguments = List.of();
    if (tokens.nextIsOperator("(")) {
      arguments = arguments().byPlace();
    } else if (test.arguments() == 1) {
      arguments = List.of(expressions.withItems());
    }
    if (arguments.size() != test.arguments()) {
      throw tokens.mistake(
          name, "the test %s takes another number of arguments".formatted(name.text()));
    }
    Expression tested = new Expression.Tested(of, test, arguments);
    return negated ? new Expression.Not(tested) : tested;
  }

  private <T> T known(Optional<T> found, String what, String after) {
    return found.orElseThrow(() -> tokens.unsupported(what + " " + tokens.next().shown() + after));
  }
}
