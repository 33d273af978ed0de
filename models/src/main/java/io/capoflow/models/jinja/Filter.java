package io.capoflow.models.jinja;

import io.capoflow.models.jinja.Expression.Arguments;
import io.capoflow.models.jinja.Expression.Given;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What {@code |} can do. */
enum Filter {
  TRIM("chars"),
  LENGTH,
  COUNT,
  DEFAULT("default_value", "boolean"),
  D("default_value", "boolean"),
  FIRST,
  LAST,
  JOIN("d"),
  LIST,
  ITEMS,
  UPPER,
  LOWER,
  CAPITALIZE,
  REPLACE("old", "new"),
  STRING,
  SAFE,
  TOJSON("ensure_ascii", "indent", "separators", "sort_keys"),
  MAP,
  SELECT,
  REJECT,
  SELECTATTR,
  REJECTATTR,
  UNIQUE("case_sensitive", "attribute"),
  REVERSE,
  DICTSORT("case_sensitive", "by", "reverse");

  @SuppressWarnings("ImmutableEnumChecker") // List.of cannot be changed
  private final List<String> parameters;

  Filter(String... parameters) {
    this.parameters = List.of(parameters);
  }

  /** Whether it can be given such arguments; itemwise filters say so themselves. */
  boolean takes(Arguments arguments) {
    return arguments.byPlace().size() <= parameters.size()
        && parameters.containsAll(arguments.byName().keySet());
  }

  /** Whether it applies another filter or a test to every item, by {@link Itemwise}. */
  boolean isItemwise() {
    return switch (this) {
      case MAP, SELECT, REJECT, SELECTATTR, REJECTATTR -> true;
      default -> false;
    };
  }

  /** Which argument of an itemwise filter names its test. */
  int placeOfTest() {
    return this == SELECTATTR || this == REJECTATTR ? 1 : 0;
  }

  Object apply(Object value, Given given, Rendering rendering) {
    return switch (this) {
      case TRIM -> {
        String text = print(value, rendering);
        yield PythonText.strip(text, Method.stripped(given.get(0, "chars", null), rendering));
      }
      case LENGTH, COUNT -> Values.length(value, rendering);
      case DEFAULT, D -> {
        boolean missing =
            value instanceof Undefined
                || (Values.truth(given.get(1, "boolean", false)) && !Values.truth(value));
        yield missing ? given.get(0, "default_value", "") : value;
      }
      case FIRST -> edge(Values.items(value, rendering), 0, "first");
      case LAST -> {
        if (value instanceof Generated) {
          throw rendering.mistake("the last item of a " + Values.type(value) + " is asked for");
        }
        List<Object> items = Values.items(value, rendering);
        yield edge(items, items.size() - 1, "last");
      }
      case JOIN -> join(Values.items(value, rendering), given, rendering);
      case LIST -> Values.items(value, rendering);
      case ITEMS -> items(value, rendering);
      case UPPER -> print(value, rendering).toUpperCase(Locale.ROOT);
      case LOWER -> print(value, rendering).toLowerCase(Locale.ROOT);
      case CAPITALIZE -> PythonText.capitalize(print(value, rendering));
      case REPLACE ->
          Method.replace(
              print(value, rendering),
              print(given.get(0, "old", new Undefined("old")), rendering),
              print(given.get(1, "new", new Undefined("new")), rendering),
              rendering);
      case STRING -> print(value, rendering);
      case SAFE -> value instanceof Safe ? value : new Safe(print(value, rendering));
      case TOJSON -> Json.write(value, given, rendering);
      case MAP -> Itemwise.map(value, given, rendering);
      case SELECT, REJECT, SELECTATTR, REJECTATTR -> Itemwise.select(this, value, given, rendering);
      case UNIQUE -> Ordering.unique(value, given, rendering);
      case REVERSE -> Ordering.reverse(value, rendering);
      case DICTSORT -> Ordering.sorted(value, given, rendering);
    };
  }

  static Optional<Filter> named(String name) {
    return Arrays.stream(values())
        .filter(filter -> filter.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst();
  }

  private static String print(Object value, Rendering rendering) {
    String text = Values.text(value, rendering);
    rendering.spend(text.length());
    return text;
  }

  private static Object edge(List<Object> items, int place, String name) {
    return items.isEmpty() ? new Undefined(name) : items.get(place);
  }

  private static String join(List<Object> items, Given given, Rendering rendering) {
    String separator = Values.text(given.get(0, "d", ""), rendering);
    List<String> texts = new ArrayList<>();
    for (Object item : items) {
      String text = Values.text(item, rendering);
      rendering.spend((long) text.length() + separator.length());
      texts.add(text);
    }
    return String.join(separator, texts);
  }

  private static Object items(Object value, Rendering rendering) {
    if (value instanceof Undefined) {
      return List.of();
    }
    if (value instanceof Map) {
      return Method.ITEMS.call(value, List.of(), rendering);
    }
    throw rendering.mistake("the items of a " + Values.type(value) + " are asked for");
  }
}
