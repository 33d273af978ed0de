package io.capoflow.models.decoder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The fields of a JSON object in a file. A field that is null counts as missing, as Hugging Face's
 * files mean it. Whatever does not fit is a {@link UserMistake} that names file and field.
 *
 * @param prefix what to put before a field's name in a message
 */
record JsonFields(Path file, String prefix, JsonNode root) {
  /**
   * @throws UserMistake when the file does not hold one JSON object
   */
  static JsonFields read(Path file) {
    JsonNode root;
    try {
      root = Json.LENIENT.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new UserMistake(file + ": not JSON; fetch it again", e);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + file, e);
    }
    if (!root.isObject()) {
      throw new UserMistake(file + ": no JSON object; fetch it again");
    }
    return new JsonFields(file, "", root);
  }

  static void write(Path file, ObjectNode root) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      String text = Json.INDENTED.writeValueAsString(root) + "\n";
      Files.write(file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("writing " + file, e);
    }
  }

  /** A copy of the whole object. */
  ObjectNode copy() {
    return root.deepCopy();
  }

  boolean has(String field) {
    return root.hasNonNull(field);
  }

  /** The fields of an object within; none where it is missing. */
  JsonFields within(String field) {
    JsonNode node = root.path(field);
    if (has(field) && !node.isObject()) {
      throw mistake(field, "an object is wanted");
    }
    return new JsonFields(file, prefix + field + ".", node);
  }

  int integer(String field) {
    return optionalInteger(field).orElseThrow(() -> missing(field));
  }

  OptionalInt optionalInteger(String field) {
    if (!has(field)) {
      return OptionalInt.empty();
    }
    JsonNode node = root.path(field);
    if (!node.isInt()) {
      throw mistake(field, "a whole number is wanted");
    }
    return OptionalInt.of(node.intValue());
  }

  double number(String field) {
    return optionalNumber(field).orElseThrow(() -> missing(field));
  }

  OptionalDouble optionalNumber(String field) {
    if (!has(field)) {
      return OptionalDouble.empty();
    }
    JsonNode node = root.path(field);
    if (!node.isNumber()) {
      throw mistake(field, "a number is wanted");
    }
    return OptionalDouble.of(node.doubleValue());
  }

  boolean flag(String field, boolean ifMissing) {
    if (!has(field)) {
      return ifMissing;
    }
    JsonNode node = root.path(field);
    if (!node.isBoolean()) {
      throw mistake(field, "true or false is wanted");
    }
    return node.booleanValue();
  }

  String text(String field, String ifMissing) {
    return has(field) ? root.path(field).asText() : ifMissing;
  }

  List<String> texts(String field) {
    List<String> texts = new ArrayList<>();
    root.path(field).forEach(text -> texts.add(text.asText()));
    return texts;
  }

  /** Token ids: a whole number, a list of them, or nothing. */
  List<Integer> tokenIds(String field) {
    JsonNode node = root.path(field);
    if (!node.isArray()) {
      return optionalInteger(field).stream().boxed().toList();
    }
    List<Integer> ids = new ArrayList<>();
    for (JsonNode id : node) {
      if (!id.isInt()) {
        throw mistake(field, "whole numbers are wanted");
      }
      ids.add(id.intValue());
    }
    return ids;
  }

  UserMistake missing(String field) {
    return new UserMistake(file + ": field " + prefix + field + " is missing; add it");
  }

  UserMistake mistake(String field, String reason) {
    JsonNode node = root.path(field);
    String shown = node.isMissingNode() ? "missing" : node.toString();
    return new UserMistake(file + ": field " + prefix + field + " is " + shown + "; " + reason);
  }
}
