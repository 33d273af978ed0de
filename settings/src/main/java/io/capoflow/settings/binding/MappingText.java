package io.capoflow.settings.binding;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.JsonObject;
import java.util.function.UnaryOperator;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** A mapping of a recipe whose keys are not ours, as JSON text. */
final class MappingText {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private MappingText() {}

  /**
   * The mapping as JSON text.
   *
   * @param checked refuses what no recipe may hold, with its place
   * @throws IllegalArgumentException when a key is set twice
   */
  static String of(MappingNode mapping, UnaryOperator<Node> checked) {
    return JsonObject.canonical(json(mapping, checked));
  }

  private static JsonNode json(Node node, UnaryOperator<Node> checked) {
    Node plain = checked.apply(node);
    if (plain instanceof MappingNode mapping) {
      ObjectNode object = JSON.objectNode();
      for (NodeTuple entry : mapping.getValue()) {
        Node name = checked.apply(entry.getKeyNode());
        String text = name instanceof ScalarNode scalar ? scalar.getValue() : name.toString();
        if (object.has(text)) {
          throw new IllegalArgumentException(text + ": is set twice; keep one");
        }
        object.set(text, json(entry.getValueNode(), checked));
      }
      return object;
    }
    if (plain instanceof SequenceNode sequence) {
      ArrayNode array = JSON.arrayNode();
      sequence.getValue().forEach(item -> array.add(json(item, checked)));
      return array;
    }
    return scalar(plain.getTag(), ((ScalarNode) plain).getValue());
  }

  /** Numbers and truth values as JSON writes them; what YAML alone takes for one is text. */
  private static JsonNode scalar(Tag tag, String text) {
    if (tag.equals(Tag.NULL)) {
      return JSON.nullNode();
    }
    if (tag.equals(Tag.STR)) {
      return JSON.textNode(text);
    }
    try {
      JsonNode value = Json.EXACT.readTree(text);
      return value.isValueNode() ? value : JSON.textNode(text);
    } catch (JsonProcessingException notJson) {
      return JSON.textNode(text);
    }
  }
}
