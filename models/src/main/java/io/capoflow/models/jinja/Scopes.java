package io.capoflow.models.jinja;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** The variables that are in sight, in their scopes; an inner one hides an outer one. */
final class Scopes {
  private final Deque<Map<String, Object>> scopes;

  private Scopes(Deque<Map<String, Object>> scopes) {
    this.scopes = scopes;
  }

  /** What a template is given, which no template changes, and a scope of its own. */
  static Scopes of(Map<String, Object> variables) {
    Scopes scopes = new Scopes(new ArrayDeque<>());
    scopes.scopes.push(new HashMap<>(variables));
    scopes.open();
    return scopes;
  }

  /** The same scopes, however many are opened or closed here later. */
  Scopes now() {
    return new Scopes(new ArrayDeque<>(scopes));
  }

  int depth() {
    return scopes.size();
  }

  Object get(String name) {
    for (Map<String, Object> scope : scopes) {
      if (scope.containsKey(name)) {
        return scope.get(name);
      }
    }
    return new Undefined(name);
  }

  void set(String name, Object value) {
    scopes.element().put(name, value);
  }

  void open() {
    scopes.push(new HashMap<>());
  }

  void close() {
    scopes.pop();
  }
}
