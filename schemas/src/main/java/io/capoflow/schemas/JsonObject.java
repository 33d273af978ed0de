package io.capoflow.schemas;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A JSON object as a value: equal ones have equal texts. Immutable.
 *
 * @param text with keys in order and without blanks
 */
public record JsonObject(String text) implements Serializable {
  public static final JsonObject EMPTY = new JsonObject("{}");

  /**
   * The object that a text holds.
   *
   * @throws IllegalArgumentException when it holds none, or a key twice
   */
  public JsonObject {
    requireNonNull(text, "text");
    text = canonical(parse(text));
  }

  /** The object, to read or to change: it is a copy. */
  public ObjectNode node() {
    return parse(text);
  }

  /** A value as text, the keys of all objects in it in order, without blanks. */
  public static String canonical(JsonNode value) {
    try {
      return Json.ONE_LINE.writeValueAsString(sorted(value));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ObjectNode parse(String text) {
    try {
      if (Json.STRICT.readTree(text) instanceof ObjectNode object) {
        return object;
      }
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("is no JSON object: " + e.getOriginalMessage(), e);
    }
    throw new IllegalArgumentException("is no JSON object");
  }

  private static JsonNode sorted(JsonNode node) {
    if (node.isObject()) {
      ObjectNode copy = JsonNodeFactory.instance.objectNode();
      List<String> names = new ArrayList<>();
      node.fieldNames().forEachRemaining(names::add);
      names.stream().sorted().forEach(name -> copy.set(name, sorted(node.get(name))));
      return copy;
    }
    if (node.isArray()) {
      ArrayNode copy = JsonNodeFactory.instance.arrayNode();
      node.forEach(item -> copy.add(sorted(item)));
      return copy;
    }
    return node;
  }
}
