package io.capoflow.models.jinja;

import io.capoflow.models.jinja.Expression.Arguments;
import io.capoflow.models.jinja.Expression.Literal;
import io.capoflow.models.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Parses expressions by Jinja2's grammar, from the loosest binding (the conditional) to the
 * tightest. What is not supported is refused here, by name, whether or not a rendering would come
 * to it.
 */
final class ExpressionParser {
  private static final Map<String, Comparator> COMPARATORS =
      Map.of(
          "==", Comparator.EQUAL,
          "!=", Comparator.UNEQUAL,
          "<", Comparator.LESS,
          "<=", Comparator.LESS_OR_EQUAL,
          ">", Comparator.GREATER,
          ">=", Comparator.GREATER_OR_EQUAL);

  private static final Literal NONE = new Literal(null);

  /** A conditional without else whose condition does not hold. */
  private static final Literal NOTHING = new Literal(new Undefined("the value of an if"));

  private final Tokens tokens;
  private final Set<String> variables;

  ExpressionParser(Tokens tokens, Set<String> variables) {
    this.tokens = tokens;
    this.variables = variables;
  }

  /** A whole expression. */
  Expression expression() {
    return tokens.nested(this::conditional);
  }

  /** An expression without a conditional of its own: what a loop goes through. */
  Expression withoutConditional() {
    return tokens.nested(this::or);
  }

  private Expression conditional() {
    Expression chosen = or();
    while (tokens.skipName("if")) {
      tokens.operation();
      Expression condition = or();
      Expression other = tokens.skipName("else") ? expression() : NOTHING;
      chosen = new Expression.Conditional(condition, chosen, other);
    }
    return chosen;
  }

  private Expression or() {
    Expression left = and();
    while (tokens.skipName("or")) {
      tokens.operation();
      left = new Expression.Either(false, left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (tokens.skipName("and")) {
      tokens.operation();
      left = new Expression.Either(true, left, not());
    }
    return left;
  }

  private Expression not() {
    return tokens.skipName("not") ? new Expression.Not(tokens.nested(this::not)) : comparison();
  }

  private Expression comparison() {
    Expression first = sum();
    List<Comparator> comparators = new ArrayList<>();
    List<Expression> others = new ArrayList<>();
    for (Optional<Comparator> next = comparator(); next.isPresent(); next = comparator()) {
      tokens.operation();
      comparators.add(next.get());
      others.add(sum());
    }
    return others.isEmpty() ? first : new Expression.Comparison(first, comparators, others);
  }

  private Optional<Comparator> comparator() {
    if (tokens.nextIs(Kind.OPERATOR) && COMPARATORS.containsKey(tokens.next().text())) {
      return Optional.of(COMPARATORS.get(tokens.take().text()));
    }
    if (tokens.skipName("in")) {
      return Optional.of(Comparator.IN);
    }
    if (tokens.nextIsName("not") && tokens.afterNext().is(Kind.NAME, "in")) {
      tokens.take();
      tokens.take();
      return Optional.of(Comparator.NOT_IN);
    }
    return Optional.empty();
  }

  private Expression sum() {
    Expression left = joined();
    while (tokens.nextIsOperator("+") || tokens.nextIsOperator("-")) {
      Operator operator = tokens.take().text().equals("+") ? Operator.ADD : Operator.SUBTRACT;
      left = operation(operator, left, joined());
    }
    return left;
  }

  private Expression joined() {
    Expression left = product();
    while (tokens.skipOperator("~")) {
      left = operation(Operator.JOIN, left, product());
    }
    return left;
  }

  private Expression product() {
    Expression left = signed();
    while (true) {
      if (tokens.skipOperator("*")) {
        left = operation(Operator.MULTIPLY, left, signed());
      } else if (tokens.skipOperator("//")) {
        left = operation(Operator.FLOOR_DIVIDE, left, signed());
      } else if (tokens.skipOperator("%")) {
        left = operation(Operator.MODULO, left, signed());
      } else if (tokens.nextIsOperator("/") || tokens.nextIsOperator("**")) {
        throw tokens.unsupported("the operator " + tokens.next().text());
      } else {
        return left;
      }
    }
  }

  private Expression operation(Operator operator, Expression left, Expression right) {
    tokens.operation();
    return new Expression.Operation(operator, left, right);
  }

  /** A sign binds tighter than a filter: {@code -1|string} is {@code (-1)|string}. */
  private Expression signed() {
    return filtered(sign());
  }

  private Expression sign() {
    if (tokens.skipOperator("-")) {
      Expression operand = tokens.nested(this::sign);
      return new Expression.Operation(Operator.SUBTRACT, new Literal(0L), operand);
    }
    if (tokens.skipOperator("+")) {
      Expression operand = tokens.nested(this::sign);
      return new Expression.Operation(Operator.ADD, new Literal(0L), operand);
    }
    return withItems(primary());
  }

  private Expression primary() {
    Token token = tokens.next();
    return switch (token.kind()) {
      case NAME -> name(tokens.take().text());
      case STRING -> strings();
      case INTEGER -> new Literal(Long.parseLong(tokens.take().text()));
      case OPERATOR -> bracketed(token);
      case TEXT, OUTPUT_BEGIN, OUTPUT_END, BLOCK_BEGIN, BLOCK_END, END ->
          throw tokens.mistake("an expression is wanted, found " + token.shown());
    };
  }

  private Expression name(String name) {
    return switch (name) {
      case "true", "True" -> new Literal(true);
      case "false", "False" -> new Literal(false);
      case "none", "None" -> NONE;
      default -> {
        variables.add(name);
        yield new Expression.Name(name);
      }
    };
  }

  /** Strings side by side are one. */
  private Expression strings() {
    StringBuilder joined = new StringBuilder();
    while (tokens.nextIs(Kind.STRING)) {
      joined.append(tokens.take().text());
    }
    return new Literal(joined.toString());
  }

  private Expression bracketed(Token token) {
    return switch (token.text()) {
      case "(" -> {
        tokens.take();
        yield parenthesised();
      }
      case "[" -> {
        tokens.take();
        yield new Expression.ListOf(upTo("]"));
      }
      case "{" -> {
        tokens.take();
        yield dictionary();
      }
      default -> throw tokens.mistake("an expression is wanted, found " + token.shown());
    };
  }

  /** An expression in parentheses, or with a comma a list that cannot be told from a tuple. */
  private Expression parenthesised() {
    if (tokens.skipOperator(")")) {
      return new Expression.ListOf(List.of());
    }
    Expression first = expression();
    if (tokens.skipOperator(")")) {
      return first;
    }
    tokens.expectOperator(",");
    List<Expression> items = new ArrayList<>(List.of(first));
    items.addAll(upTo(")"));
    return new Expression.ListOf(items);
  }

  private List<Expression> upTo(String closing) {
    List<Expression> items = new ArrayList<>();
    while (!tokens.skipOperator(closing)) {
      items.add(expression());
      if (!tokens.nextIsOperator(closing)) {
        tokens.expectOperator(",");
      }
    }
    return items;
  }

  private Expression dictionary() {
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.skipOperator("}")) {
      keys.add(expression());
      tokens.expectOperator(":");
      values.add(expression());
      if (!tokens.nextIsOperator("}")) {
        tokens.expectOperator(",");
      }
    }
    return new Expression.DictionaryOf(keys, values);
  }

  /** Attributes, items and calls after an expression. */
  private Expression withItems(Expression of) {
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
    Expression start = tokens.nextIsOperator(":") ? NONE : expression();
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
        ? expression()
        : NONE;
  }

  private Expression call(Expression of) {
    if (!(of instanceof Expression.Name name)) {
      throw tokens.unsupported("a call of what is no name");
    }
    Function function =
        Function.named(name.name())
            .orElseThrow(() -> tokens.unsupported("the function " + name.name() + "()"));
    return new Expression.FunctionCall(function, arguments());
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
        byName.put(name, expression());
      } else if (byName.isEmpty()) {
        byPlace.add(expression());
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
  private Expression filtered(Expression of) {
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
    if (arguments.byPlace().size() > filter.parameters().size()
        || !filter.parameters().containsAll(arguments.byName().keySet())) {
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
      arguments = List.of(withItems(primary()));
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
