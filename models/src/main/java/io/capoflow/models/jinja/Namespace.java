package io.capoflow.models.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/** The one kind of value that a template can change: {@code namespace(a=1)}. */
final class Namespace {
  private final Map<String, Object> attributes;

  Namespace(Map<String, Object> attributes) {
    this.attributes = new LinkedHashMap<>(attributes);
  }

  Object get(String name) {
    return attributes.containsKey(name) ? attributes.get(name) : new Undefined(name);
  }

  void set(String name, Object value) {
    attributes.put(name, value);
  }
}
