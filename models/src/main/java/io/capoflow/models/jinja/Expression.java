package io.capoflow.models.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What has a value. */
sealed interface Expression {
  /** The value under the variables of a rendering. */
  Object value(Rendering rendering);

  /** A string, a number, true, false or none. */
  record Literal(Object constant) implements Expression {
    @Override
    public Object value(Rendering rendering) {
      return constant;
    }
  }

  /** A variable, or a function where it is only asked whether there is one. */
  record Name(String name) implements Expression {
    @Override
    public Object value(Rendering rendering) {
      rendering.spend(1);
      Object variable = rendering.get(name);
      Optional<Function> function = Function.named(name);
      return variable instanceof Undefined && function.isPresent() ? function.get() : variable;
    }
  }

  /** {@code [a, b]} and {@code (a, b)}. */
  record ListOf(List<Expression> items) implements Expression {
    @Override
    public Object value(Rendering rendering) {
      rendering.spend(1 + items.size());
      return values(items, rendering);
    }
  }

  /** {@code {'a': b}}. */
  record DictionaryOf(List<Expression> keys, List<Expression> values) implements Expression {
    @Override
    public Object value(Rendering rendering) {
      Map<Object, Object> dictionary = new LinkedHashMap<>();
      rendering.spend(1 + keys.size());
      for (int i = 0; i < keys.size(); i++) {
        dictionary.put(keys.get(i).value(rendering), values.get(i).value(rendering));
      }
      return dictionary;
    }
  }

  /** {@code of[key]} and {@code of.key}. */
  record Item(Expression of, Expression key) implements Expression {
    @Override
    public Object value(Rendering rendering) {
      return Values.item(of.value(rendering), key.value(rendering), rendering);
    }
  }

  /** {@code of[start:stop:step]}; a part that is left out is none. */
  record Slice(Expression of, Expression start, Expression stop, Expression step)
      implements Expression {
    @Override
    public Object value(Rendering rendering) {
      return Values.slice(
          of.value(rendering),
          part(start, rendering),
          part(stop, rendering),
          part(step, rendering),
          rendering);
    }

    private static Long part(Expression expression, Rendering rendering) {
      Object part = Values.numeric(expression.value(rendering));
      if (part != null && !(part instanceof Long)) {
        throw rendering.mistake("a slice is bounded by a " + Values.type(part));
      }
      return (Long) part;
    }
  }

  /** {@code not operand}. */
  record Not(Expression operand) implements Expression {
    @Override
    public Object value(Rendering rendering) {
      return !Values.truth(operand.value(rendering));
    }
  }

  /** {@code left and right}, {@code left or right}: one of both, not a boolean of them. */
  record Either(boolean all, Expression left, Expression right) implements Expression {
    @Override
    public Object value(Rendering rendering) {
      Object first = left.value(rendering);
      return Values.truth(first) == all ? right.value(rendering) : first;
    }
  }

  /** {@code chosen if condition else other}. */
  record Conditional(Expression condition, Expression chosen, Expression other)
      implements Expression {
    @Override
    public Object value(Rendering rendering) {
      return (Values.truth(condition.value(rendering)) ? chosen : other).value(rendering);
    }
  }

  /** {@code first < second <= third}: every neighbour compared with the next. */
  record Comparison(Expression first, List<Comparator> comparators, List<Expression> others)
      implements Expression {
    @Override
    public Object value(Rendering rendering) {
      Object left = first.value(rendering);
      for (int i = 0; i < others.size(); i++) {
        Object right = others.get(i).value(rendering);
        if (!comparators.get(i).holds(left, right, rendering)) {
          return false;
        }
        left = right;
      }
      return true;
    }
  }

  /** Arithmetic, and what strings and lists have of it. */
  record Operation(Operator operator, Expression left, Expression right) implements Expression {
    @Override
    public Object value(Rendering rendering) {
      rendering.spend(1);
      return operator.apply(left.value(rendering), right.value(rendering), rendering);
    }
  }

  /** {@code of | filter(arguments)}. */
  record Filtered(Expression of, Filter filter, Arguments arguments) implements Expression {
    @Override
    public Object value(Rendering rendering) {
      rendering.spend(1);
      return filter.apply(of.value(rendering), arguments.values(rendering), rendering);
    }
  }

  /** {@code of is test(arguments)}. */
  record Tested(Expression of, Test test, List<Expression> arguments) implements Expression {
    @Override
    public Object value(Rendering rendering) {
      rendering.spend(1);
      return test.holds(of.value(rendering), values(arguments, rendering), rendering);
    }
  }

  /** {@code of.method(arguments)}. */
  record MethodCall(Expression of, Method method, List<Expression> arguments)
      implements Expression {
    @Override
    public Object value(Rendering rendering) {
      rendering.spend(1);
      return method.call(of.value(rendering), values(arguments, rendering), rendering);
    }
  }

  /** {@code function(arguments)}. */
  record FunctionCall(Function function, Arguments arguments) implements Expression {
    @Override
    public Object value(Rendering rendering) {
      rendering.spend(1);
      return function.call(arguments.values(rendering), rendering);
    }
  }

  /** {@code macro(arguments)}: the text that the macro's body writes. */
  record MacroCall(String name, Arguments arguments) implements Expression {
    @Override
    public Object value(Rendering rendering) {
      rendering.spend(1);
      if (rendering.get(name) instanceof Macro macro) {
        return macro.call(arguments.values(rendering), rendering);
      }
      throw rendering.mistake("%s is called, which is no macro there".formatted(name));
    }
  }

  /** Arguments of a call, by place and by name. */
  record Arguments(List<Expression> byPlace, Map<String, Expression> byName) {
    Given values(Rendering rendering) {
      Map<String, Object> named = new LinkedHashMap<>();
      byName.forEach((name, expression) -> named.put(name, expression.value(rendering)));
      return new Given(Expression.values(byPlace, rendering), named);
    }
  }

  /** Values of arguments. */
  record Given(List<Object> byPlace, Map<String, Object> byName) {
    /** The argument of that place or name, or what it is where neither is given. */
    Object get(int place, String name, Object missing) {
      return place < byPlace.size()
          ? byPlace.get(place)
          : byName.containsKey(name) ? byName.get(name) : missing;
    }
  }

  private static List<Object> values(List<Expression> expressions, Rendering rendering) {
    List<Object> values = new ArrayList<>();
    expressions.forEach(expression -> values.add(expression.value(rendering)));
    return values;
  }
}
