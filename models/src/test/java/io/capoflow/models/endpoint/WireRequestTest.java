package io.capoflow.models.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.Message;
import java.util.List;
import org.junit.jupiter.api.Test;

class WireRequestTest {
  private static final SamplingParameters PLAIN = new SamplingParameters(0.7, 0.9, 64);
  private static final SamplingParameters ALL =
      new SamplingParameters(0.7, 0.9, 20, 0.1, List.of("</incorrect_steps>"), 64);

  @Test
  void vllmIsSentEveryParameterThoseThatAreOffToo() {
    assertThat(json(new WireRequest(Dialect.VLLM).body(new ChatCall(request(PLAIN, true), 3, 2))))
        .isEqualTo(
            json(
                """
                {"model": "m", "messages": [{"role": "user", "content": "hello"}],
                 "stream": false, "n": 2, "seed": 8, "temperature": 0.7, "top_p": 0.9,
                 "presence_penalty": 0, "frequency_penalty": 0, "max_tokens": 64, "top_k": -1,
                 "min_p": 0.0, "repetition_penalty": 1, "include_stop_str_in_output": true,
                 "stop": [], "logprobs": true, "top_logprobs": 0}"""));
  }

  @Test
  void vllmCountsTheTokensOfChoicesWhereNothingElseDoes() {
    JsonNode body =
        json(new WireRequest(Dialect.VLLM).body(new ChatCall(request(ALL, false), 0, 2)));

    assertThat(body.path("return_token_ids").asBoolean()).isTrue();
    assertThat(body.path("top_k").asInt()).isEqualTo(20);
    assertThat(body.path("min_p").asDouble()).isEqualTo(0.1);
    assertThat(body.path("stop")).isEqualTo(json("[\"</incorrect_steps>\"]"));
    assertThat(body.has("logprobs")).isFalse();
  }

  @Test
  void openAiIsSentWhatItKnows() {
    assertThat(json(new WireRequest(Dialect.OPENAI).body(new ChatCall(request(PLAIN, true), 0, 1))))
        .isEqualTo(
            json(
                """
                {"model": "m", "messages": [{"role": "user", "content": "hello"}],
                 "stream": false, "n": 1, "seed": 5, "temperature": 0.7, "top_p": 0.9,
                 "presence_penalty": 0, "frequency_penalty": 0, "max_completion_tokens": 64,
                 "logprobs": true, "top_logprobs": 0}"""));
  }

  @Test
  void aProbeHasTheParametersOfItsRequest() {
    JsonNode body = json(new WireRequest(Dialect.VLLM).probe(request(ALL, true)));

    assertThat(body.path("messages").path(0).path("content").asText()).isEqualTo("ping");
    assertThat(body.path("max_tokens").asInt()).isEqualTo(1);
    assertThat(body.path("top_k").asInt()).isEqualTo(20);
    assertThat(body.path("logprobs").asBoolean()).isTrue();
  }

  @Test
  void theExtraBodyIsAddedLast() {
    ChatRequest request =
        new ChatRequest(
            "m",
            List.of(new Message("user", "hello")),
            PLAIN,
            false,
            "{\"chat_template_kwargs\": {\"enable_thinking\": false}, \"repetition_penalty\": 1.1}",
            5);
    JsonNode body = json(new WireRequest(Dialect.VLLM).body(new ChatCall(request, 0, 1)));

    assertThat(body.path("chat_template_kwargs").path("enable_thinking").asBoolean(true)).isFalse();
    assertThat(body.path("repetition_penalty").asDouble()).isEqualTo(1.1);
  }

  @Test
  void whatIsOffMayBeLeftOutAndWhatIsOnMayNot() {
    WireRequest openAi = new WireRequest(Dialect.OPENAI);
    assertThat(openAi.lacking(request(PLAIN, true))).isEmpty();
    assertThat(openAi.lacking(request(ALL, true))).contains("top_k");

    WireRequest less = new WireRequest(Dialect.VLLM).without("min_p").without("logprobs");
    assertThat(less.lacking(request(PLAIN, false))).isEmpty();
    assertThat(less.lacking(request(PLAIN, true))).contains("logprobs");
    assertThat(less.lacking(request(ALL, false))).contains("min_p");
    assertThat(json(less.body(new ChatCall(request(PLAIN, false), 0, 1))).has("min_p")).isFalse();

    WireRequest seedless = openAi.without("seed");
    assertThat(seedless.lacking(request(PLAIN, false))).contains("seed");
    assertThat(seedless.lacking(request(new SamplingParameters(0, 1, 64), false))).isEmpty();
    assertThat(openAi.without("temperature").lacking(request(PLAIN, false)))
        .contains("temperature");
    assertThat(
            openAi.without("temperature").lacking(request(new SamplingParameters(1, 1, 9), false)))
        .isEmpty();
  }

  @Test
  void theLimitHasAnotherName() {
    WireRequest old = new WireRequest(Dialect.OPENAI).without("max_completion_tokens");
    JsonNode body = json(old.body(new ChatCall(request(PLAIN, false), 0, 1)));

    assertThat(body.path("max_tokens").asInt()).isEqualTo(64);
    assertThat(body.has("max_completion_tokens")).isFalse();
    assertThat(old.lacking(request(PLAIN, false))).isEmpty();
    assertThat(old.without("max_tokens").lacking(request(PLAIN, false))).isPresent();
  }

  @Test
  void anExtraBodyMustNotDecideWhatOtherKeysDecide() {
    assertThat(ExtraBody.problem("{\"reasoning_effort\": \"low\"}")).isEmpty();
    assertThat(ExtraBody.problem("{\"seed\": 1}"))
        .contains("must not hold seed, which other keys decide");
    assertThat(ExtraBody.problem("{\"max_tokens\": 1}")).isPresent();
    assertThat(ExtraBody.problem("[1]")).contains("is no JSON object");
    assertThat(ExtraBody.problem("{"))
        .hasValueSatisfying(text -> assertThat(text).startsWith("is no JSON: "));
    assertThat(ExtraBody.problem("{\"a\": 1, \"a\": 2}")).isPresent();
    assertThat(ExtraBody.problem("")).isPresent();
  }

  private static ChatRequest request(SamplingParameters sampling, boolean logprobs) {
    return new ChatRequest("m", List.of(new Message("user", "hello")), sampling, logprobs, "{}", 5);
  }

  private static JsonNode json(String text) {
    try {
      return Json.STRICT.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(text, e);
    }
  }
}
