package io.capoflow.models.jinja;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The macros that a template defines and calls; one may be called above its definition. */
final class MacroNames {
  private final Set<String> defined = new HashSet<>();
  private final Map<String, Token> called = new LinkedHashMap<>();

  void defined(String name) {
    defined.add(name);
  }

  /**
   * Notes a call.
   *
   * @param at where it stands
   */
  void called(String name, Token at) {
    called.putIfAbsent(name, at);
  }

  /**
   * Refuses a call of what the template defines nowhere.
   *
   * @throws io.capoflow.schemas.UserMistake naming the first such function
   */
  void requireDefined(Tokens tokens) {
    called.forEach(
        (name, at) -> {
          if (!defined.contains(name)) {
            throw tokens.unsupported(at, "the function " + name + "()");
          }
        });
  }
}
