package io.capoflow.models.jinja;

import io.capoflow.models.jinja.Expression.Arguments;
import io.capoflow.models.jinja.Expression.Given;
import io.capoflow.models.jinja.Expression.Literal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The filters that apply another filter or a test to every item: {@code map}, {@code select},
 * {@code reject}, {@code selectattr} and {@code rejectattr}. The other one's name is an argument;
 * it must be a constant, so that an unknown one is refused when the template is parsed.
 */
final class Itemwise {
  private Itemwise() {}

  /**
   * Refuses the name of a filter or test that is not supported, and arguments that are not taken.
   *
   * @param at where the filter stands
   */
  static void requireSupported(Filter filter, Token at, Arguments arguments, Tokens tokens) {
    List<Expression> given = arguments.byPlace();
    boolean taken;
    if (filter != Filter.MAP) {
      int place = filter.placeOfTest();
      taken = given.size() >= place && arguments.byName().isEmpty();
      if (given.size() > place) {
        String name = constant(given.get(place), at, tokens);
        Test test = Test.named(name).orElseThrow(() -> tokens.unsupported(at, "the test " + name));
        taken &= given.size() == place + 1 + test.arguments();
      }
    } else if (given.isEmpty()) {
      taken =
          arguments.byName().containsKey("attribute")
              && Set.of("attribute", "default").containsAll(arguments.byName().keySet());
    } else {
      String name = constant(given.get(0), at, tokens);
      Filter mapped =
          Filter.named(name).orElseThrow(() -> tokens.unsupported(at, "the filter " + name));
      if (mapped.isItemwise()) {
        throw tokens.unsupported(at, "a map of " + name);
      }
      taken = mapped.takes(new Arguments(given.subList(1, given.size()), arguments.byName()));
    }
    if (!taken) {
      throw tokens.mistake(at, "the filter %s takes other arguments".formatted(at.text()));
    }
  }

  /** {@code map('upper')} and {@code map(attribute='a.b')}. */
  static Generated map(Object value, Given given, Rendering rendering) {
    List<Object> results = new ArrayList<>();
    for (Object item : items(value, rendering)) {
      if (given.byPlace().isEmpty()) {
        Object found = attribute(item, given.byName().get("attribute"), rendering);
        Object missing = given.byName().get("default");
        results.add(found instanceof Undefined && missing != null ? missing : found);
      } else {
        Filter filter = Filter.named((String) given.byPlace().get(0)).orElseThrow();
        Given rest = new Given(given.byPlace().subList(1, given.byPlace().size()), given.byName());
        results.add(filter.apply(item, rest, rendering));
      }
    }
    return new Generated(results);
  }

  /** Items that pass a test, or whose attribute passes it; without a test those that are true. */
  static Generated select(Filter filter, Object value, Given given, Rendering rendering) {
    boolean wanted = filter == Filter.SELECT || filter == Filter.SELECTATTR;
    int place = filter.placeOfTest();
    List<Object> arguments = given.byPlace();
    List<Object> selected = new ArrayList<>();
    for (Object item : items(value, rendering)) {
      Object tested = place == 0 ? item : attribute(item, arguments.get(0), rendering);
      boolean passes =
          arguments.size() == place
              ? Values.truth(tested)
              : Test.named((String) arguments.get(place))
                  .orElseThrow()
                  .holds(tested, arguments.subList(place + 1, arguments.size()), rendering);
      if (passes == wanted) {
        selected.add(item);
      }
    }
    return new Generated(selected);
  }

  /** {@code 'a.0.b'} is the item b of the item 0 of the item a. */
  static Object attribute(Object item, Object path, Rendering rendering) {
    if (!(path instanceof String names)) {
      return Values.item(item, path, rendering);
    }
    Object found = item;
    for (String name : PythonText.split(names, ".")) {
      rendering.spend(1);
      boolean isPlace = name.matches("[0-9]{1,9}");
      found = Values.item(found, isPlace ? (Object) Long.valueOf(name) : name, rendering);
    }
    return found;
  }

  /** What is false has no items, none and 0 too. */
  private static List<Object> items(Object value, Rendering rendering) {
    List<Object> items = Values.truth(value) ? Values.items(value, rendering) : List.of();
    rendering.spend(items.size());
    return items;
  }

  private static String constant(Expression name, Token at, Tokens tokens) {
    if (name instanceof Literal literal && literal.constant() instanceof String text) {
      return text;
    }
    throw tokens.unsupported(
        at, "the filter %s of a name that is no constant".formatted(at.text()));
  }
}
