package io.capoflow.datasets.rollouts;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.datasets.problems.Questions;
import io.capoflow.schemas.GoldAnswer;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;

/** The problem in a row of others: its columns, and what may stand in them. Stateless. */
final class RowProblem {
  /** Where a question may stand; the first that has a value counts. */
  static final List<String> QUESTIONS = List.of("problem", "question", "prompt");

  /** Where the source may name the row. */
  private static final List<String> ROW_IDS =
      List.of("id", "rollout_id", "unique_id", "uid", "uuid");

  private static final List<String> PROBLEM_IDS = List.of("problem_id", "question_id");
  private static final List<String> SOURCES = List.of("source", "data_source", "dataset");
  private static final String GSM8K_MARK = "####";

  private RowProblem() {}

  /** How the source names the row. */
  static Optional<String> rowId(RowColumns row) {
    return row.takeName(ROW_IDS);
  }

  /**
   * Reads the problem; its id is blank where the source has none.
   *
   * @param question column of the question: a text, or chat messages
   * @param gold column of the gold answer
   * @param source where the row does not name the data set
   * @throws BadRolloutException when the question cannot be read
   */
  static Problem read(RowColumns row, String question, String gold, String source)
      throws BadRolloutException {
    List<Message> prompt = prompt(row, question);
    Optional<String> solution = solution(row);
    Gold answer = gold(row, gold, solution);
    return Problem.newBuilder()
        .setProblemId(row.takeName(PROBLEM_IDS).orElse(""))
        .setPrompt(prompt)
        .setAnswer(answer.text())
        .setSolution(answer.solution().orElse(null))
        .setSource(row.takeName(SOURCES).orElse(source))
        .setMetadata(Map.of())
        .build();
  }

  private record Gold(String text, Optional<String> solution) {}

  private static Optional<String> solution(RowColumns row) {
    return row.peek("solution").isTextual() && !row.peek("solution").textValue().isBlank()
        ? Optional.of(row.take("solution").textValue())
        : Optional.empty();
  }

  /**
   * A text, a number, or a list of one. Anything else stays a column: no verifier of ours can ask
   * for it. A text whose last line is {@code #### answer} is a worked solution of GSM8K.
   */
  private static Gold gold(RowColumns row, String column, Optional<String> solution) {
    JsonNode value = row.peek(column);
    JsonNode single = value.isArray() && value.size() == 1 ? value.get(0) : value;
    if (single.isNumber()) {
      row.take(column);
      return new Gold(single.asText(), solution);
    }
    if (!single.isTextual() || single.textValue().isBlank()) {
      return new Gold(GoldAnswer.UNKNOWN, solution);
    }
    String text = row.take(column).isArray() ? single.textValue() : value.textValue();
    Optional<String> marked = behindMark(text);
    if (marked.isEmpty()) {
      return new Gold(text, solution);
    }
    boolean worked = !text.strip().startsWith(GSM8K_MARK);
    if (worked && solution.isPresent()) {
      row.keep(column);
    }
    return new Gold(marked.get(), solution.isPresent() || !worked ? solution : Optional.of(text));
  }

  /** What follows the mark at the beginning of the last line. */
  private static Optional<String> behindMark(String text) {
    String stripped = text.strip();
    String last = stripped.substring(stripped.lastIndexOf('\n') + 1);
    String answer = last.startsWith(GSM8K_MARK) ? last.substring(GSM8K_MARK.length()).strip() : "";
    return answer.isEmpty() ? Optional.empty() : Optional.of(answer);
  }

  /** Chat messages, or one text as the user's message. */
  private static List<Message> prompt(RowColumns row, String column) throws BadRolloutException {
    JsonNode value = row.take(column);
    List<Message> prompt =
        value.isTextual()
            ? List.of(new Message("user", value.textValue()))
            : messages(row, column, value);
    if (Questions.normalised(prompt).isEmpty()) {
      throw new BadRolloutException(RolloutRejection.BAD_COLUMN, column + ": asks nothing");
    }
    return prompt;
  }

  /**
   * Chat messages. Where they hold more than roles and contents, the column is kept, too.
   *
   * @throws BadRolloutException when it holds none
   */
  static List<Message> messages(RowColumns row, String column, JsonNode value)
      throws BadRolloutException {
    if (!value.isArray() || value.isEmpty()) {
      throw new BadRolloutException(
          RolloutRejection.BAD_COLUMN, column + ": is neither a text nor a list of chat messages");
    }
    List<Message> messages = new ArrayList<>();
    for (JsonNode message : value) {
      JsonNode role = message.path("role");
      JsonNode content = message.path("content");
      if (!role.isTextual() || role.textValue().isBlank() || !content.isTextual()) {
        throw new BadRolloutException(
            RolloutRejection.BAD_COLUMN,
            "%s[%d]: is no chat message with a role and a content, both texts"
                .formatted(column, messages.size()));
      }
      boolean more =
          StreamSupport.stream(message.spliterator(), false).filter(v -> !v.isNull()).count() > 2;
      if (more) {
        row.keep(column);
      }
      messages.add(new Message(role.textValue(), content.textValue()));
    }
    return List.copyOf(messages);
  }

  /**
   * A text, blank or not.
   *
   * @throws BadRolloutException when the column holds none
   */
  static String text(RowColumns row, String column) throws BadRolloutException {
    JsonNode value = row.take(column);
    if (!value.isTextual()) {
      throw new BadRolloutException(
          RolloutRejection.BAD_COLUMN, column + (row.has(column) ? ": is no text" : ": is absent"));
    }
    return value.textValue();
  }
}
