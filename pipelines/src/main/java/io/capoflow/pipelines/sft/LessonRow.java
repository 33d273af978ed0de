package io.capoflow.pipelines.sft;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.Message;
import io.capoflow.worlds.lessons.Lesson;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a line of a file of lessons. Two layouts are known: {@code prompt} and {@code completion},
 * each a text or chat messages, and {@code messages}, of which the last is the assistant's. Other
 * fields are passed over.
 */
final class LessonRow {
  private static final String ASSISTANT = "assistant";

  private LessonRow() {}

  /** Says in a clause what is wrong with a line. */
  static final class BadLessonException extends Exception {
    private static final long serialVersionUID = 1L;

    BadLessonException(String message) {
      super(message);
    }
  }

  /**
   * The lesson of a line.
   *
   * @param line UTF-8
   */
  static Lesson read(byte[] line) throws BadLessonException {
    JsonNode row = object(line);
    boolean prompted = row.has("prompt") || row.has("completion");
    if (prompted && row.has("messages")) {
      throw new BadLessonException("has messages beside prompt and completion; leave one out");
    }
    return prompted ? prompted(row) : conversation(row);
  }

  private static JsonNode object(byte[] line) throws BadLessonException {
    try {
      JsonNode row =
          Json.STRICT.readTree(
              StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString());
      if (!row.isObject()) {
        throw new BadLessonException("is no JSON object");
      }
      return row;
    } catch (CharacterCodingException e) {
      throw new BadLessonException("is not UTF-8 text");
    } catch (JsonProcessingException e) {
      throw new BadLessonException(
          "is not JSON: " + e.getOriginalMessage().lines().findFirst().orElse(""));
    }
  }

  private static Lesson prompted(JsonNode row) throws BadLessonException {
    JsonNode prompt = row.path("prompt");
    List<Message> asked =
        prompt.isTextual()
            ? List.of(new Message("user", prompt.textValue()))
            : messages(prompt, "prompt", "a text or a list of messages");
    JsonNode completion = row.path("completion");
    if (completion.isTextual()) {
      return lesson(asked, completion.textValue());
    }
    List<Message> answer = messages(completion, "completion", "a text or a list of messages");
    if (answer.size() > 1 || !answer.get(0).getRole().equals(ASSISTANT)) {
      throw new BadLessonException(
          "completion must be a single message of the assistant, or a text");
    }
    return lesson(asked, answer.get(0).getContent());
  }

  private static Lesson conversation(JsonNode row) throws BadLessonException {
    if (!row.has("messages")) {
      throw new BadLessonException("has neither prompt and completion nor messages");
    }
    List<Message> messages = messages(row.path("messages"), "messages", "a list of messages");
    int last = messages.size() - 1;
    if (!messages.get(last).getRole().equals(ASSISTANT)) {
      throw new BadLessonException(
          "messages must end with one of the assistant, which is what is learned");
    }
    if (last == 0) {
      throw new BadLessonException("messages must hold a prompt before the assistant's last");
    }
    return lesson(messages.subList(0, last), messages.get(last).getContent());
  }

  private static Lesson lesson(List<Message> prompt, String completion) throws BadLessonException {
    if (completion.isEmpty()) {
      throw new BadLessonException("has an empty completion, from which nothing can be learned");
    }
    return new Lesson(prompt, completion);
  }

  private static List<Message> messages(JsonNode list, String field, String expected)
      throws BadLessonException {
    if (!list.isArray() || list.isEmpty()) {
      throw new BadLessonException(
          list.isMissingNode() ? "lacks " + field : field + " must be " + expected);
    }
    List<Message> messages = new ArrayList<>();
    for (JsonNode each : list) {
      JsonNode role = each.path("role");
      JsonNode content = each.path("content");
      if (!role.isTextual() || !content.isTextual()) {
        throw new BadLessonException(
            "%s[%d] must have the texts role and content".formatted(field, messages.size()));
      }
      messages.add(new Message(role.textValue(), content.textValue()));
    }
    return messages;
  }
}
