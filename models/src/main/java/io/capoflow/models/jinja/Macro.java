package io.capoflow.models.jinja;

import io.capoflow.models.jinja.Expression.Given;
import io.capoflow.models.jinja.Statement.MacroDefinition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A macro as a value: its definition, and the scopes that were open there. */
final class Macro {
  private final MacroDefinition definition;
  private final Scopes scopes;

  Macro(MacroDefinition definition, Scopes scopes) {
    this.definition = definition;
    this.scopes = scopes;
  }

  /** What its body writes; a parameter that is not given is its default, or undefined. */
  String call(Given given, Rendering rendering) {
    List<String> parameters = definition.parameters();
    Map<String, Object> arguments = new HashMap<>(given.byName());
    for (int i = 0; i < given.byPlace().size(); i++) {
      if (i >= parameters.size() || arguments.containsKey(parameters.get(i))) {
        throw rendering.mistake("the macro %s takes other arguments".formatted(definition.name()));
      }
      arguments.put(parameters.get(i), given.byPlace().get(i));
    }
    if (!parameters.containsAll(arguments.keySet())) {
      throw rendering.mistake("the macro %s takes other arguments".formatted(definition.name()));
    }
    return rendering.call(scopes, () -> run(arguments, rendering));
  }

  private void run(Map<String, Object> arguments, Rendering rendering) {
    int first = definition.parameters().size() - definition.defaults().size();
    for (int i = 0; i < definition.parameters().size(); i++) {
      String name = definition.parameters().get(i);
      Object value =
          arguments.containsKey(name)
              ? arguments.get(name)
              : i < first
                  ? new Undefined(name)
                  : definition.defaults().get(i - first).value(rendering);
      rendering.set(name, value);
    }
    Statement.run(definition.body(), rendering);
  }
}
