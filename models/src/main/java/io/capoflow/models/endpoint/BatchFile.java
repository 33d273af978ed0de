package io.capoflow.models.endpoint;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.JsonObject;
import io.capoflow.schemas.Message;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Calls in the files of OpenAI's batches, which {@code vllm run-batch} takes, too: a line asks, and
 * a line of another file answers. A call's name there holds the digest of its request, so that one
 * that was changed on the way is told from what was asked. Stateless and thread-safe.
 */
public final class BatchFile {
  private static final String URL = "/v1/chat/completions";
  private static final Pattern NAME = Pattern.compile("capoflow-([0-9a-f]{64})-(\\d{1,5})");

  /** What we send of ourselves, and an extra body may hold too, with the value that we send. */
  private static final List<String> PENALTIES =
      List.of("presence_penalty", "frequency_penalty", "repetition_penalty");

  private BatchFile() {}

  /** What a line of results says. */
  public sealed interface Result {
    /** The call's answers, in the order of their indices. */
    record Answered(List<ChatAnswer> answers) implements Result {
      public Answered {
        answers = List.copyOf(answers);
      }
    }

    /** Why it has none, in a few words without text of a prompt. */
    record Failed(String reason) implements Result {
      public Failed {
        requireNonNull(reason, "reason");
      }
    }
  }

  /** The name of a call: {@code capoflow-}, its request's digest, and the first answer's index. */
  public static String name(ChatCall call) {
    return "capoflow-%s-%d".formatted(call.request().digest(), call.first());
  }

  /**
   * The line that asks.
   *
   * @param dialect of the server that will answer
   * @throws IllegalArgumentException when the dialect has no word for what the request asks for
   */
  public static String line(ChatCall call, Dialect dialect) {
    WireRequest wire = new WireRequest(dialect);
    wire.lacking(call.request())
        .ifPresent(
            parameter -> {
              throw new IllegalArgumentException(
                  "the dialect %s has no %s".formatted(dialect.label(), parameter));
            });
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("custom_id", name(call));
    line.put("method", "POST");
    line.put("url", URL);
    line.set("body", tree(wire.body(call)));
    try {
      return Json.ONE_LINE.writeValueAsString(line);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The name that a line of either file gives to its call; empty where it gives none. */
  public static Optional<String> name(String line) {
    try {
      return Optional.ofNullable(Json.LENIENT.readTree(line).path("custom_id").textValue());
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /**
   * The call of a line that asks.
   *
   * @throws IllegalArgumentException when the line is none of {@link #line}, or was changed
   */
  public static ChatCall call(String line) {
    JsonNode tree = tree(line);
    Matcher name = NAME.matcher(tree.path("custom_id").asText());
    if (!name.matches()) {
      throw new IllegalArgumentException("its custom_id is none of ours");
    }
    JsonNode body = tree.path("body");
    int first = Integer.parseInt(name.group(2));
    for (List<String> kept : subsets(PENALTIES)) {
      ChatRequest request = request(body, first, kept);
      if (request.digest().equals(name.group(1))) {
        return new ChatCall(request, first, body.path("n").asInt(1));
      }
    }
    throw new IllegalArgumentException(
        "its body is not the one that custom_id %s was given to".formatted(name.group()));
  }

  /**
   * What a line of results says.
   *
   * @param call that it answers
   */
  public static Result result(String line, ChatCall call) {
    JsonNode tree;
    try {
      tree = Json.STRICT.readTree(line);
    } catch (JsonProcessingException e) {
      return new Result.Failed("no JSON");
    }
    JsonNode response = tree.path("response");
    int status = response.path("status_code").asInt(response.has("body") ? 200 : 0);
    if (status == 200 && !tree.hasNonNull("error")) {
      try {
        return new Result.Answered(
            AnswerReader.read(bytes(response.path("body")), call.choices(), 0).answers());
      } catch (Fault fault) {
        return new Result.Failed(fault.getMessage());
      }
    }
    JsonNode said = tree.hasNonNull("error") ? tree.path("error") : response.path("body");
    ErrorBody error = ErrorBody.read(new Reply(status, header -> Optional.empty(), bytes(said)));
    if (error.isTooLong()) {
      return unwritten(FinishReason.CONTEXT_LENGTH, call);
    }
    if (error.isFiltered()) {
      return unwritten(FinishReason.CONTENT_FILTER, call);
    }
    return new Result.Failed(error.summary(status));
  }

  private static Result unwritten(FinishReason finish, ChatCall call) {
    return new Result.Answered(
        AnswerReader.unwritten(finish, call.choices(), call.request().model(), 0).answers());
  }

  /** The request whose body this is; of the penalties in it, those that came as an extra body. */
  private static ChatRequest request(JsonNode body, int first, List<String> penaltiesOfExtraBody) {
    List<Message> messages = new ArrayList<>();
    for (JsonNode message : body.path("messages")) {
      messages.add(
          Message.newBuilder()
              .setRole(message.path("role").asText())
              .setContent(message.path("content").asText())
              .build());
    }
    List<String> stop = new ArrayList<>();
    body.path("stop").forEach(text -> stop.add(text.asText()));
    ObjectNode extra = JsonNodeFactory.instance.objectNode();
    body.fields()
        .forEachRemaining(
            field -> {
              if (!ExtraBody.isDecided(field.getKey())
                  && (!isOff(field.getKey(), field.getValue())
                      || penaltiesOfExtraBody.contains(field.getKey()))) {
                extra.set(field.getKey(), field.getValue());
              }
            });
    return new ChatRequest(
        body.path("model").asText(),
        messages,
        new SamplingParameters(
            body.path("temperature").asDouble(1),
            body.path("top_p").asDouble(1),
            Math.max(0, body.path("top_k").asInt(0)),
            body.path("min_p").asDouble(0),
            stop,
            body.path("max_tokens").asInt(body.path("max_completion_tokens").asInt(1))),
        body.path("logprobs").asBoolean(false),
        JsonObject.canonical(extra),
        body.path("seed").asInt() - first);
  }

  private static boolean isOff(String name, JsonNode value) {
    return PENALTIES.contains(name)
        && value.isNumber()
        && value.asDouble() == (name.equals("repetition_penalty") ? 1 : 0);
  }

  /** All subsets, the smallest first. */
  private static List<List<String>> subsets(List<String> names) {
    List<List<String>> subsets = new ArrayList<>();
    for (int bits = 0; bits < 1 << names.size(); bits++) {
      List<String> subset = new ArrayList<>();
      for (int i = 0; i < names.size(); i++) {
        if ((bits >> i & 1) == 1) {
          subset.add(names.get(i));
        }
      }
      subsets.add(subset);
    }
    return subsets;
  }

  private static JsonNode tree(String text) {
    try {
      return Json.EXACT.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static byte[] bytes(JsonNode node) {
    try {
      return Json.ONE_LINE.writeValueAsString(node).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
