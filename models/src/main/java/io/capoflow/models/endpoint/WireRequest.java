package io.capoflow.models.endpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.Message;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How a request is written for a server. Every parameter of sampling is sent, those that are off,
 * too: vLLM takes what is missing from the model's {@code generation_config.json}. Immutable.
 *
 * @param dialect any but {@link Dialect#AUTO}
 * @param leftOut names of parameters that the server refuses
 */
record WireRequest(Dialect dialect, Set<String> leftOut) {
  private static final String MAX_TOKENS = "max_tokens";
  private static final String MAX_COMPLETION_TOKENS = "max_completion_tokens";

  WireRequest {
    if (dialect == Dialect.AUTO) {
      throw new IllegalArgumentException("the dialect must be known");
    }
    leftOut = Set.copyOf(leftOut);
  }

  WireRequest(Dialect dialect) {
    this(dialect, Set.of());
  }

  /** The body of a call. */
  String body(ChatCall call) {
    return body(
        call.request(), call.request().messages(), limit(call), call.seed(), call.choices());
  }

  /** The body of the smallest call with the parameters of a request: whether they are taken. */
  String probe(ChatRequest request) {
    List<Message> ping = List.of(Message.newBuilder().setRole("user").setContent("ping").build());
    return body(request, ping, 1, request.seed(), 1);
  }

  /**
   * Why a request cannot be asked here; empty where it can.
   *
   * <p>What is off may be left out. What is on, and would be left out, changes the answers.
   */
  Optional<String> lacking(ChatRequest request) {
    SamplingParameters sampling = request.sampling();
    if (isLacking("top_k") && sampling.topK() > 0) {
      return Optional.of("top_k");
    }
    if (isLacking("min_p") && sampling.minP() > 0) {
      return Optional.of("min_p");
    }
    return leftOut.stream().sorted().filter(name -> isOn(name, request)).findFirst();
  }

  /** Without a parameter that the server refuses. */
  WireRequest without(String name) {
    Set<String> all = new java.util.HashSet<>(leftOut);
    all.add(name);
    return new WireRequest(dialect, all);
  }

  /** Whether a field of ours may be left out, or written under another name. */
  static boolean isOptional(String name) {
    return switch (name) {
      case "temperature",
          "top_p",
          "top_k",
          "min_p",
          "repetition_penalty",
          "presence_penalty",
          "frequency_penalty",
          "seed",
          "stop",
          "include_stop_str_in_output",
          "return_token_ids",
          "logprobs",
          "top_logprobs",
          "stream",
          MAX_TOKENS,
          MAX_COMPLETION_TOKENS ->
          true;
      default -> false;
    };
  }

  /** Whether leaving a field out would change the answers to a request. */
  private boolean isOn(String name, ChatRequest request) {
    SamplingParameters sampling = request.sampling();
    return switch (name) {
      case "temperature" -> sampling.temperature() != 1;
      case "top_p" -> sampling.topP() != 1;
      case "top_k" -> sampling.topK() > 0;
      case "min_p" -> sampling.minP() > 0;
      case "seed" -> !sampling.greedy();
      case "stop" -> !sampling.stop().isEmpty();
      case "logprobs" -> request.logprobs();
      // One of both names must do.
      case MAX_TOKENS -> leftOut.contains(MAX_COMPLETION_TOKENS);
      case MAX_COMPLETION_TOKENS -> leftOut.contains(MAX_TOKENS);
      default -> false;
    };
  }

  private boolean isLacking(String name) {
    return dialect == Dialect.OPENAI || leftOut.contains(name);
  }

  private static int limit(ChatCall call) {
    return call.request().sampling().maxNewTokens();
  }

  private String body(
      ChatRequest request, List<Message> messages, int maxNewTokens, int seed, int choices) {
    SamplingParameters sampling = request.sampling();
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("model", request.model());
    ArrayNode turns = body.putArray("messages");
    messages.forEach(
        message ->
            turns.addObject().put("role", message.getRole()).put("content", message.getContent()));
    body.put("stream", false);
    body.put("n", choices);
    body.put("seed", seed);
    body.put("temperature", sampling.temperature());
    body.put("top_p", sampling.topP());
    body.put("presence_penalty", 0);
    body.put("frequency_penalty", 0);
    boolean other = leftOut.contains(dialect == Dialect.VLLM ? MAX_TOKENS : MAX_COMPLETION_TOKENS);
    body.put((dialect == Dialect.VLLM) != other ? MAX_TOKENS : MAX_COMPLETION_TOKENS, maxNewTokens);
    if (dialect == Dialect.VLLM) {
      // Off is -1: versions before 0.9 refuse 0.
      body.put("top_k", sampling.topK() == 0 ? -1 : sampling.topK());
      body.put("min_p", sampling.minP());
      body.put("repetition_penalty", 1);
      // Our own sampler keeps the text that ends an answer.
      body.put("include_stop_str_in_output", true);
      if (choices > 1 && !request.logprobs()) {
        body.put("return_token_ids", true); // counts the tokens of each choice
      }
    }
    if (!sampling.stop().isEmpty() || dialect == Dialect.VLLM) {
      ArrayNode stop = body.putArray("stop");
      sampling.stop().forEach(stop::add);
    }
    if (request.logprobs()) {
      body.put("logprobs", true);
      body.put("top_logprobs", 0);
    }
    leftOut.stream().filter(name -> !name.startsWith("max_")).forEach(body::remove);
    body.setAll(request.extra());
    try {
      return Json.ONE_LINE.writeValueAsString(body);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
