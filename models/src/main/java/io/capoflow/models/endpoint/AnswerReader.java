package io.capoflow.models.endpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;

/** Reads the answers in a body that came with status 200. Stateless and thread-safe. */
final class AnswerReader {
  private AnswerReader() {}

  /**
   * What a call came to.
   *
   * @param answers as many as the call has choices
   * @param usage of all of them together
   * @param model as the server names it; empty where it does not
   * @param counted whether the server said how many tokens it read and wrote
   */
  record Answers(List<ChatAnswer> answers, TokenCounts usage, String model, boolean counted) {}

  /**
   * Reads the answers to a call.
   *
   * @throws Fault when the body is not what the call asks for
   */
  static Answers read(byte[] body, int choices, long millis) {
    JsonNode reply = tree(body);
    String model = reply.path("model").asText("");
    String fingerprint = reply.path("system_fingerprint").asText("");
    List<JsonNode> items = choices(reply, choices);
    TokenCounts usage = usage(reply.path("usage"));
    int[] written = written(items, usage);
    List<ChatAnswer> answers = new ArrayList<>();
    int total = 0;
    for (int i = 0; i < choices; i++) {
      total += written[i];
      int reasoning = Math.min(written[i], share(usage.reasoning(), i, choices));
      TokenCounts tokens = new TokenCounts(usage.prompt(), usage.cached(), written[i], reasoning);
      answers.add(answer(items.get(i), tokens, model, fingerprint, millis));
    }
    boolean counted = reply.path("usage").path("prompt_tokens").isNumber();
    TokenCounts all =
        counted ? usage : new TokenCounts(usage.prompt(), usage.cached(), total, usage.reasoning());
    return new Answers(answers, all, model, counted);
  }

  /**
   * Reads an answer of which only counts that there is one.
   *
   * @throws Fault when there is none
   */
  static Answers sign(byte[] body) {
    JsonNode reply = tree(body);
    if (reply.path("choices").isEmpty()) {
      throw new Fault("an answer without a choice");
    }
    ChatAnswer sign =
        new ChatAnswer(
            "",
            Optional.empty(),
            FinishReason.STOP,
            TokenCounts.NONE,
            List.of(),
            reply.path("model").asText(""),
            reply.path("system_fingerprint").asText(""),
            0);
    return new Answers(List.of(sign), usage(reply.path("usage")), sign.model(), true);
  }

  /** The same ending for all choices of a call: nothing was written. */
  static Answers unwritten(FinishReason finish, int choices, String model, long millis) {
    ChatAnswer answer =
        new ChatAnswer(
            "", Optional.empty(), finish, TokenCounts.NONE, List.of(), model, "", millis);
    return new Answers(
        // No model answered, so none names itself.
        java.util.Collections.nCopies(choices, answer), TokenCounts.NONE, "", true);
  }

  private static JsonNode tree(byte[] body) {
    JsonNode reply;
    try {
      reply = Json.STRICT.readTree(body);
    } catch (IOException e) {
      // Jackson's message would show a piece of the body.
      throw new Fault("an answer that is no JSON, or is cut");
    }
    if (!reply.isObject()) {
      throw new Fault("an answer that is no JSON object");
    }
    if (reply.hasNonNull("error")) {
      throw new Fault("an error with status 200");
    }
    return reply;
  }

  private static List<JsonNode> choices(JsonNode reply, int choices) {
    List<JsonNode> items =
        StreamSupport.stream(reply.path("choices").spliterator(), false)
            .sorted(Comparator.comparingInt(item -> item.path("index").asInt()))
            .toList();
    if (items.size() != choices) {
      throw new Fault("%d choices of %d".formatted(items.size(), choices));
    }
    for (int i = 0; i < choices; i++) {
      if (items.get(i).path("index").asInt(i) != i) {
        throw new Fault("choices without choice " + i);
      }
    }
    return items;
  }

  private static TokenCounts usage(JsonNode usage) {
    int prompt = usage.path("prompt_tokens").asInt();
    int cached =
        usage
            .path("prompt_tokens_details")
            .path("cached_tokens")
            .asInt(usage.path("prompt_cache_hit_tokens").asInt());
    int written = usage.path("completion_tokens").asInt();
    int reasoning = usage.path("completion_tokens_details").path("reasoning_tokens").asInt();
    return new TokenCounts(prompt, Math.min(cached, prompt), written, Math.min(reasoning, written));
  }

  /** Tokens of each choice: counted where the answer lists them, else shared evenly. */
  private static int[] written(List<JsonNode> items, TokenCounts usage) {
    int[] counts = new int[items.size()];
    if (counts.length == 1 && usage.written() > 0) {
      counts[0] = usage.written();
      return counts;
    }
    for (int i = 0; i < counts.length; i++) {
      JsonNode item = items.get(i);
      int listed =
          Math.max(item.path("token_ids").size(), item.path("logprobs").path("content").size());
      counts[i] = listed;
    }
    // Reasoning may be missing from the lists: then they do not add up, and tell nothing.
    int listed = java.util.Arrays.stream(counts).sum();
    if (listed != usage.written() && usage.written() > 0) {
      for (int i = 0; i < counts.length; i++) {
        counts[i] = share(usage.written(), i, counts.length);
      }
    }
    return counts;
  }

  private static int share(int total, int index, int parts) {
    return (int) ((long) total * (index + 1) / parts - (long) total * index / parts);
  }

  private static ChatAnswer answer(
      JsonNode item, TokenCounts tokens, String model, String fingerprint, long millis) {
    JsonNode message = item.path("message");
    FinishReason finish = finish(item, message);
    Thinking thinking = Thinking.of(content(message.path("content"), "text"));
    String thought =
        text(message, "reasoning_content")
            .or(() -> text(message, "reasoning"))
            .orElseGet(() -> content(message.path("content"), "thinking"));
    String inline = thinking.reasoning().orElse("");
    String reasoning =
        thought.isEmpty() || inline.isEmpty() ? thought + inline : thought + "\n" + inline;
    if (finish == FinishReason.STOP && thinking.text().isBlank() && reasoning.isBlank()) {
      throw new Fault("an empty choice");
    }
    return new ChatAnswer(
        thinking.text(),
        Optional.of(reasoning).filter(text -> !text.isEmpty()),
        finish,
        tokens,
        logprobs(item.path("logprobs").path("content")),
        model,
        fingerprint,
        millis);
  }

  private static Optional<String> text(JsonNode message, String field) {
    return message.path(field).isTextual() && !message.path(field).asText().isEmpty()
        ? Optional.of(message.path(field).asText())
        : Optional.empty();
  }

  /** A text, or the parts of one kind in a list of parts. */
  private static String content(JsonNode content, String kind) {
    if (!content.isArray()) {
      return kind.equals("text") && content.isTextual() ? content.asText() : "";
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode part : content) {
      if (part.path("type").asText().equals(kind)) {
        JsonNode value = part.path(kind);
        text.append(value.isArray() ? content(value, "text") : value.asText(""));
      }
    }
    return text.toString();
  }

  private static FinishReason finish(JsonNode item, JsonNode message) {
    if (text(message, "refusal").isPresent()) {
      return FinishReason.CONTENT_FILTER;
    }
    String reason = item.path("finish_reason").asText("");
    return switch (reason) {
      case "stop", "stop_sequence", "eos", "eos_token", "end_turn", "tool_calls", "function_call" ->
          FinishReason.STOP;
      // vLLM ends an answer that repeats itself: it is cut, too.
      case "length", "max_tokens", "repetition" -> FinishReason.LENGTH;
      case "content_filter" -> FinishReason.CONTENT_FILTER;
      // Such as "abort": part of an answer would be kept for the whole of it.
      default -> throw new Fault("an answer that was broken off");
    };
  }

  private static List<Float> logprobs(JsonNode content) {
    List<Float> values = new ArrayList<>(content.size());
    content.forEach(token -> values.add((float) token.path("logprob").asDouble()));
    return values;
  }
}
