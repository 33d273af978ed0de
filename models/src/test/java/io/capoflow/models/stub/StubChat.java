package io.capoflow.models.stub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Json;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A chat request as {@link StubServer} understands it, and its answer. What is drawn depends on all
 * that decides the answer and on the seed of the choice, which is the sent seed plus its index; so
 * neither dialect nor number of choices matter.
 */
final class StubChat {
  /** How the answer is fetched, or other names of the same: none of it changes a draw. */
  private static final Set<String> TRANSPORT =
      Set.of(
          "n",
          "seed",
          "stream",
          "stop",
          "top_k",
          "min_p",
          "repetition_penalty",
          "presence_penalty",
          "frequency_penalty",
          "include_stop_str_in_output",
          "return_token_ids",
          "logprobs",
          "top_logprobs",
          "max_tokens",
          "max_completion_tokens");

  private final JsonNode body;
  private final String content;

  StubChat(JsonNode body) {
    this.body = body;
    ObjectNode kept = JsonNodeFactory.instance.objectNode();
    TreeSet<String> names = new TreeSet<>();
    body.fieldNames().forEachRemaining(names::add);
    names.stream()
        .filter(name -> !TRANSPORT.contains(name))
        .forEach(name -> kept.set(name, body.get(name)));
    kept.put("max", limit());
    if (body.path("stop").size() > 0) {
      kept.set("stop", body.path("stop"));
    }
    kept.put("top_k", Math.max(0, body.path("top_k").asInt()));
    kept.put("min_p", body.path("min_p").asDouble());
    content = Digests.ofBytes(kept.toString().getBytes(StandardCharsets.UTF_8));
  }

  JsonNode body() {
    return body;
  }

  int choices() {
    return body.path("n").asInt(1);
  }

  int seed() {
    return body.path("seed").asInt();
  }

  String model() {
    return body.path("model").asText();
  }

  /** Whether it only asks whether anyone is there. */
  boolean isProbe() {
    return body.path("messages").size() == 1
        && body.path("messages").path(0).path("content").asText().equals("ping");
  }

  /** Names a choice, whichever request asks for it. */
  String name(int choice) {
    return content.substring(0, 16) + ":" + (seed() + choice);
  }

  long draw(int choice) {
    return StubDraw.of(seed() + choice, content);
  }

  /** The whole answer. */
  ObjectNode answer(StubAnswer answer, String fingerprint) {
    ObjectNode reply = JsonNodeFactory.instance.objectNode();
    reply.put("id", "chatcmpl-" + name(0)).put("object", "chat.completion").put("created", 0);
    reply.put("model", model()).put("system_fingerprint", fingerprint);
    ArrayNode choices = reply.putArray("choices");
    int written = 0;
    for (int i = 0; i < choices(); i++) {
      List<String> tokens = tokens(answer.text(body, draw(i)));
      boolean cut = tokens.size() > limit();
      List<String> kept = cut ? tokens.subList(0, limit()) : tokens;
      written += kept.size();
      ObjectNode choice = choices.addObject();
      choice.put("index", i);
      choice.putObject("message").put("role", "assistant").put("content", String.join("", kept));
      choice.put("finish_reason", cut ? "length" : "stop");
      if (body.path("logprobs").asBoolean()) {
        ArrayNode listed = choice.putObject("logprobs").putArray("content");
        for (int t = 0; t < kept.size(); t++) {
          double logprob = -Math.floorMod(draw(i) >>> (t % 48), 1000) / 1000.0;
          listed.addObject().put("token", kept.get(t)).put("logprob", logprob);
        }
      }
      if (body.path("return_token_ids").asBoolean()) {
        ArrayNode ids = choice.putArray("token_ids");
        kept.forEach(token -> ids.add(Math.floorMod(token.hashCode(), 50_000)));
      }
    }
    int prompt = 0;
    for (Iterator<JsonNode> messages = body.path("messages").elements(); messages.hasNext(); ) {
      prompt += tokens(messages.next().path("content").asText()).size();
    }
    ObjectNode usage = reply.putObject("usage");
    usage.put("prompt_tokens", prompt).put("completion_tokens", written);
    usage.put("total_tokens", prompt + written);
    usage.putObject("prompt_tokens_details").put("cached_tokens", prompt / 2);
    return reply;
  }

  static byte[] bytes(JsonNode node) {
    try {
      return Json.ONE_LINE.writeValueAsString(node).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int limit() {
    return body.path("max_completion_tokens").asInt(body.path("max_tokens").asInt(16));
  }

  /** Words with the blanks before them. */
  private static List<String> tokens(String text) {
    List<String> tokens = new ArrayList<>();
    int start = 0;
    for (int i = 1; i <= text.length(); i++) {
      if (i == text.length()
          || (Character.isWhitespace(text.charAt(i))
              && !Character.isWhitespace(text.charAt(i - 1)))) {
        tokens.add(text.substring(start, i));
        start = i;
      }
    }
    return tokens;
  }
}
