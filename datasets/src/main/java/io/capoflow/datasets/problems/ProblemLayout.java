package io.capoflow.datasets.problems;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The layouts in which problem sets are published. */
enum ProblemLayout {
  /** Ours: {@code problem_id, prompt, answer, solution, source, metadata}. */
  CAPOFLOW("problem_id", "prompt", "answer") {
    @Override
    Problem read(JsonNode row, String fallbackId) throws BadRowException {
      return problem(
          text(row, "problem_id"),
          messages(row.path("prompt")),
          text(row, "answer"),
          optionalText(row, "solution"),
          text(row, "source"),
          metadata(row.path("metadata")));
    }
  },
  /** GSM8K: a worked solution whose last line is {@code #### answer}. */
  GSM8K("question", "answer") {
    @Override
    Problem read(JsonNode row, String fallbackId) throws BadRowException {
      String worked = text(row, "answer");
      int mark = worked.lastIndexOf("####");
      if (mark < 0) {
        throw new BadRowException(
            RejectionReason.MISSING_FIELD, "answer: has no line \"#### …\" with the final answer");
      }
      String answer = worked.substring(mark + 4).strip();
      if (answer.isEmpty()) {
        throw new BadRowException(
            RejectionReason.MISSING_FIELD, "answer: nothing follows its last \"####\"");
      }
      return problem(
          fallbackId,
          List.of(new Message("user", text(row, "question"))),
          answer,
          Optional.of(worked),
          "gsm8k",
          Map.of());
    }
  },
  /** verl: {@code prompt}, {@code reward_model.ground_truth}, {@code data_source}. */
  VERL("prompt", "reward_model") {
    @Override
    Problem read(JsonNode row, String fallbackId) throws BadRowException {
      JsonNode truth = row.path("reward_model").path("ground_truth");
      if (!truth.isTextual() && !truth.isNumber()) {
        throw new BadRowException(
            RejectionReason.MISSING_FIELD, "reward_model.ground_truth: is no text");
      }
      return problem(
          fallbackId,
          messages(row.path("prompt")),
          truth.asText(),
          Optional.empty(),
          optionalText(row, "data_source").orElse("verl"),
          Map.of());
    }
  },
  /** TRL and Open-R1 with an answer apart: {@code problem} or {@code prompt}, {@code answer}. */
  TRL_ANSWER("answer") {
    @Override
    Problem read(JsonNode row, String fallbackId) throws BadRowException {
      return problem(
          fallbackId,
          messages(question(row)),
          text(row, "answer"),
          optionalText(row, "solution"),
          "trl",
          Map.of());
    }

    @Override
    boolean matches(JsonNode row) {
      return super.matches(row) && (row.has("problem") || row.has("prompt"));
    }
  },
  /** TRL and Open-R1 whose solution holds the answer in a box. */
  TRL_SOLUTION("solution") {
    @Override
    Problem read(JsonNode row, String fallbackId) throws BadRowException {
      String solution = text(row, "solution");
      return problem(
          fallbackId, messages(question(row)), solution, Optional.of(solution), "trl", Map.of());
    }

    @Override
    boolean matches(JsonNode row) {
      return super.matches(row) && (row.has("problem") || row.has("prompt"));
    }
  };

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<String> fields;

  ProblemLayout(String... fields) {
    this.fields = List.of(fields);
  }

  /** Reads a row of this layout; the fallback names a row that has no id of its own. */
  abstract Problem read(JsonNode row, String fallbackId) throws BadRowException;

  boolean matches(JsonNode row) {
    return fields.stream().allMatch(row::has);
  }

  /** The first layout whose fields the row has. */
  static Optional<ProblemLayout> of(JsonNode row) {
    for (ProblemLayout layout : values()) {
      if (layout.matches(row)) {
        return Optional.of(layout);
      }
    }
    return Optional.empty();
  }

  private static Problem problem(
      String id,
      List<Message> prompt,
      String answer,
      Optional<String> solution,
      String source,
      Map<String, String> metadata) {
    return Problem.newBuilder()
        .setProblemId(id)
        .setPrompt(prompt)
        .setAnswer(answer)
        .setSolution(solution.orElse(null))
        .setSource(source)
        .setMetadata(metadata)
        .build();
  }

  private static JsonNode question(JsonNode row) {
    return row.has("problem") ? row.path("problem") : row.path("prompt");
  }

  private static String text(JsonNode row, String field) throws BadRowException {
    JsonNode value = row.path(field);
    if (!value.isTextual() || value.textValue().isBlank()) {
      throw new BadRowException(
          RejectionReason.MISSING_FIELD,
          field + (value.isMissingNode() || value.isNull() ? ": is absent" : ": is no text"));
    }
    return value.textValue();
  }

  private static Optional<String> optionalText(JsonNode row, String field) {
    return Optional.of(row.path(field)).filter(JsonNode::isTextual).map(JsonNode::textValue);
  }

  /** Chat messages, or one text as the user's message. */
  private static List<Message> messages(JsonNode prompt) throws BadRowException {
    if (prompt.isTextual() && !prompt.textValue().isBlank()) {
      return List.of(new Message("user", prompt.textValue()));
    }
    if (!prompt.isArray() || prompt.isEmpty()) {
      throw new BadRowException(
          RejectionReason.MISSING_FIELD, "prompt: is neither a text nor a list of messages");
    }
    List<Message> messages = new ArrayList<>();
    for (JsonNode message : prompt) {
      messages.add(new Message(text(message, "role"), text(message, "content")));
    }
    return List.copyOf(messages);
  }

  private static Map<String, String> metadata(JsonNode node) {
    Map<String, String> metadata = new TreeMap<>();
    node.fields()
        .forEachRemaining(field -> metadata.put(field.getKey(), field.getValue().asText()));
    return metadata;
  }
}
