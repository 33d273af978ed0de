package io.capoflow.models.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Variables of a chat template as a recipe writes them, {@code enable_thinking=false}. A value is
 * what JSON reads of it where that is true, false, a whole number or a string in double quotes, and
 * else the text as it stands.
 */
final class TemplateVariables {
  /** What a template is always given, and a recipe cannot decide. */
  private static final Set<String> OURS =
      Set.of("messages", "tools", "documents", "add_generation_prompt");

  private TemplateVariables() {}

  /**
   * Variables by name.
   *
   * @throws IllegalArgumentException when one is malformed, is set twice, or is not to be set
   */
  static Map<String, Object> parse(List<String> written) {
    Map<String, Object> variables = new LinkedHashMap<>();
    for (String variable : written) {
      int equals = variable.indexOf('=');
      String name = equals < 0 ? variable : variable.substring(0, equals).strip();
      if (equals < 0 || !name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
        throw new IllegalArgumentException("expects variables as name=value, found " + variable);
      }
      if (OURS.contains(name)) {
        throw new IllegalArgumentException(name + " is no variable that can be set; leave it out");
      }
      if (variables.putIfAbsent(name, value(variable.substring(equals + 1).strip())) != null) {
        throw new IllegalArgumentException(name + " is set twice; keep one");
      }
    }
    return variables;
  }

  private static Object value(String written) {
    try {
      JsonNode json = Json.STRICT.readTree(written);
      if (json.isBoolean()) {
        return json.booleanValue();
      }
      if (json.isIntegralNumber() && json.canConvertToLong()) {
        return json.longValue();
      }
      return json.isTextual() ? json.textValue() : written;
    } catch (JsonProcessingException notJson) {
      return written;
    }
  }
}
