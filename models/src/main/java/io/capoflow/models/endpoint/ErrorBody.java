package io.capoflow.models.endpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.Json;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a server says of a request that it did not take, in OpenAI's form, in that of older versions
 * of vLLM, or in FastAPI's. Fields are empty where it does not say.
 *
 * @param message may repeat any part of the request
 * @param parameter that it names as wrong
 */
record ErrorBody(String message, String type, String code, String parameter) {
  private static final ErrorBody NOTHING = new ErrorBody("", "", "", "");

  private static final Pattern TOO_LONG =
      Pattern.compile(
          "maximum context length|context length is only|longer than the maximum model length"
              + "|exceeds? the (?:available |model's )?(?:maximum )?context"
              + "|context_length_exceeded|exceed_context_size",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern LIMIT_TOO_LARGE =
      Pattern.compile("too large|cannot be greater than|at most \\d+", Pattern.CASE_INSENSITIVE);

  private static final List<String> PARAMETERS =
      List.of(
          "temperature",
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
          "top_logprobs",
          "logprobs",
          "stream",
          "max_completion_tokens",
          "max_tokens");

  static ErrorBody read(Reply reply) {
    JsonNode body;
    try {
      body = Json.LENIENT.readTree(reply.body());
    } catch (IOException e) {
      return NOTHING;
    }
    JsonNode error = body.path("error").isObject() ? body.path("error") : body;
    JsonNode detail = body.path("detail");
    if (detail.isArray() && !detail.isEmpty()) {
      JsonNode place = detail.path(0).path("loc");
      return new ErrorBody(
          detail.path(0).path("msg").asText(""),
          detail.path(0).path("type").asText(""),
          "",
          place.path(place.size() - 1).asText(""));
    }
    String inner = error.path("innererror").path("code").asText("");
    return new ErrorBody(
        text(error, "message", detail.asText("")),
        text(error, "type", ""),
        inner.isEmpty() ? text(error, "code", "") : inner,
        text(error, "param", ""));
  }

  boolean isTooLong() {
    return TOO_LONG.matcher(code + " " + type + " " + message).find();
  }

  /** More tokens are asked for than the model may ever write, whatever the prompt. */
  boolean isLimitTooLarge() {
    return (parameter.equals("max_tokens") || parameter.equals("max_completion_tokens"))
        && LIMIT_TOO_LARGE.matcher(message).find();
  }

  boolean isFiltered() {
    return code.equals("content_filter")
        || code.equals("ResponsibleAIPolicyViolation")
        || code.equals("content_policy_violation");
  }

  /** The account may not make calls any more, however long one waits. */
  boolean isOutOfCredit() {
    return code.equals("insufficient_quota") || type.equals("insufficient_quota");
  }

  /** It wanted to write more than it was allowed to: a sign of life. */
  boolean isCutShort() {
    return message.contains("max_tokens or model output limit was reached");
  }

  /** One of our own parameters that it does not take, where it is named as such. */
  Optional<String> namedParameter() {
    return Optional.of(parameter).filter(PARAMETERS::contains);
  }

  /** The same, or the first that its message names: for requests whose every word is ours. */
  Optional<String> mentionedParameter() {
    return namedParameter()
        .or(
            () ->
                PARAMETERS.stream()
                    .filter(name -> place(name) < Integer.MAX_VALUE)
                    .min(Comparator.comparingInt(this::place)));
  }

  /** Without the message, which may repeat a prompt. */
  String summary(int status) {
    StringBuilder summary = new StringBuilder("status ").append(status);
    for (String word : List.of(type, code, parameter)) {
      if (!word.isEmpty() && word.length() <= 64 && summary.indexOf(word) < 0) {
        summary.append(", ").append(word.replaceAll("\\s+", " "));
      }
    }
    return summary.toString();
  }

  private int place(String name) {
    Matcher word = Pattern.compile("\\b" + name + "\\b").matcher(message);
    return word.find() ? word.start() : Integer.MAX_VALUE;
  }

  private static String text(JsonNode error, String field, String otherwise) {
    JsonNode value = error.path(field);
    return value.isValueNode() && !value.isNull() ? value.asText() : otherwise;
  }
}
