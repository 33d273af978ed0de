package io.capoflow.models.jinja;

import io.capoflow.models.jinja.Expression.Literal;
import io.capoflow.models.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Parses expressions by Jinja2's grammar, from the loosest binding (the conditional) to the sign;
 * {@link SuffixParser} parses what binds tighter. What is not supported is refused here, by name,
 * whether or not a rendering would come to it.
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

  /** What Jinja2 gives a macro beside its parameters. */
  private static final Set<String> UNSUPPORTED = Set.of("varargs", "kwargs", "caller");

  private final Tokens tokens;
  private final Set<String> variables;
  private final SuffixParser suffixes;

  ExpressionParser(Tokens tokens, Set<String> variables, MacroNames macros) {
    this.tokens = tokens;
    this.variables = variables;
    this.suffixes = new SuffixParser(tokens, this, macros);
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
    return suffixes.filtersAndTests(sign());
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
    return withItems();
  }

  /** A name, constant or bracket with the attributes, items and calls after it. */
  Expression withItems() {
    return suffixes.items(primary());
  }

  private Expression primary() {
    Token token = tokens.next();
    return switch (token.kind()) {
      case NAME -> name(token.text());
      case STRING -> strings();
      case INTEGER -> new Literal(Long.parseLong(tokens.take().text()));
      case OPERATOR -> bracketed(token);
      case TEXT, OUTPUT_BEGIN, OUTPUT_END, BLOCK_BEGIN, BLOCK_END, END ->
          throw tokens.mistake("an expression is wanted, found " + token.shown());
    };
  }

  private Expression name(String name) {
    if (UNSUPPORTED.contains(name)) {
      throw tokens.unsupported("the variable " + name);
    }
    tokens.take();
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
}
