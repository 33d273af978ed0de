package io.capoflow.models.endpoint;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.JsonObject;
import io.capoflow.schemas.Message;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A question to a chat model, of which any number of answers may be asked. Immutable.
 *
 * @param model as the server knows it
 * @param messages in order
 * @param sampling how answers are drawn
 * @param logprobs whether the log-probabilities of an answer's tokens are asked for
 * @param extraBody a JSON object whose fields are added to what is sent: {@code
 *     chat_template_kwargs}, {@code reasoning_effort}, structured outputs
 * @param seed of the answer with index 0, from 0; the answer with index i has this seed plus i
 */
public record ChatRequest(
    String model,
    List<Message> messages,
    SamplingParameters sampling,
    boolean logprobs,
    String extraBody,
    int seed) {
  /** Answers that one request may have: the seeds of all of them are 31 bits. */
  public static final int MAX_ANSWERS = 1 << 16;

  /** The first seed is below this. */
  public static final int SEEDS = Integer.MAX_VALUE - MAX_ANSWERS;

  public ChatRequest {
    requireNonNull(model, "model");
    messages = List.copyOf(messages);
    requireNonNull(sampling, "sampling");
    requireNonNull(extraBody, "extraBody");
    if (seed < 0 || seed >= SEEDS) {
      throw new IllegalArgumentException("seed must be in [0, %d): %d".formatted(SEEDS, seed));
    }
  }

  /**
   * All that decides the answers, as JSON with its keys in order and without blanks: whatever
   * server is asked, in whatever dialect, and with however many answers a call.
   */
  public String canonical() {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("model", model);
    ArrayNode turns = body.putArray("messages");
    messages.forEach(
        message ->
            turns.addObject().put("role", message.getRole()).put("content", message.getContent()));
    body.put("temperature", sampling.temperature());
    body.put("top_p", sampling.topP());
    body.put("top_k", sampling.topK());
    body.put("min_p", sampling.minP());
    body.put("max_new_tokens", sampling.maxNewTokens());
    ArrayNode stop = body.putArray("stop");
    sampling.stop().forEach(stop::add);
    body.put("logprobs", logprobs);
    body.set("extra_body", extra());
    body.put("seed", seed);
    return JsonObject.canonical(body);
  }

  /** Lower-case hexadecimal SHA-256 of {@link #canonical}: the request's name in a journal. */
  public String digest() {
    return Digests.ofBytes(canonical().getBytes(StandardCharsets.UTF_8));
  }

  /** The fields of {@link #extraBody}. */
  ObjectNode extra() {
    try {
      return (ObjectNode) Json.STRICT.readTree(extraBody);
    } catch (JsonProcessingException | ClassCastException e) {
      throw new IllegalArgumentException("extra_body is no JSON object: " + extraBody, e);
    }
  }
}
