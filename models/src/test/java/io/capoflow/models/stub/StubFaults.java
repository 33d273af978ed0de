package io.capoflow.models.stub;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/** Meets one request with a fault. */
final class StubFaults {
  private final StubChat chat;
  private final StubAnswer answer;
  private final String fingerprint;
  private final StubRequest request;
  private final OutputStream output;

  /** Something that ends a connection. */
  @FunctionalInterface
  interface Ending {
    void run() throws IOException;
  }

  StubFaults(
      StubChat chat,
      StubAnswer answer,
      String fingerprint,
      StubRequest request,
      OutputStream output) {
    this.chat = chat;
    this.answer = answer;
    this.fingerprint = fingerprint;
    this.request = request;
    this.output = output;
  }

  /**
   * Does what the fault is.
   *
   * @param breaking breaks the connection
   * @param waiting waits until the client gives up
   */
  void meet(StubFault fault, Runnable breaking, Ending waiting) throws IOException {
    byte[] whole = StubChat.bytes(answer());
    switch (fault) {
      case RESET, RESTART -> breaking.run();
      case RESET_IN_BODY -> {
        half(whole);
        breaking.run();
      }
      case STALL -> waiting.run();
      case STALL_IN_BODY -> {
        half(whole);
        waiting.run();
      }
      case TRUNCATED_JSON ->
          StubServer.send(output, 200, "", Arrays.copyOf(whole, whole.length / 2));
      case INVALID_JSON -> StubServer.send(output, 200, "", StubServer.bytes("{choices: oops"));
      case HTML_PAGE -> page();
      case ENDLESS_BODY -> endless();
      case ERROR_WITH_200 ->
          StubServer.send(
              output, 200, "", StubServer.bytes("{\"error\":{\"code\":502,\"message\":\"busy\"}}"));
      case EMPTY_CHOICE -> changed(choice -> message(choice).put("content", ""));
      case FEWER_CHOICES -> {
        ObjectNode reply = answer();
        ArrayNode choices = (ArrayNode) reply.get("choices");
        choices.remove(choices.size() - 1);
        StubServer.send(output, 200, "", StubChat.bytes(reply));
      }
      case STATUS_408 -> error(408, "timeout", "");
      case STATUS_409 -> error(409, "conflict", "");
      case STATUS_425 -> error(425, "too_early", "");
      case STATUS_429 -> error(429, "rate_limit_exceeded", "");
      case STATUS_429_RETRY_AFTER -> error(429, "rate_limit_exceeded", "Retry-After: 1\r\n");
      case STATUS_500 -> error(500, "internal", "");
      case STATUS_502 -> error(502, "bad_gateway", "");
      case STATUS_503 -> error(503, "overloaded", "");
      case STATUS_504 -> error(504, "gateway_timeout", "");
      case UNAUTHORIZED ->
          send(401, "invalid_api_key", "Incorrect API key: " + request.headers(), "");
      case FORBIDDEN -> send(403, "forbidden", "Not for " + request.headers(), "");
      case PAYMENT_REQUIRED -> error(402, "payment_required", "");
      case INSUFFICIENT_QUOTA -> error(429, "insufficient_quota", "");
      case UNKNOWN_MODEL ->
          send(404, "NotFoundError", "The model `" + chat.model() + "` does not exist.", "");
      case REDIRECT ->
          StubServer.send(
              output, 307, "Location: http://127.0.0.1:9/v1/chat/completions\r\n", new byte[0]);
      case CONTEXT_LENGTH ->
          send(400, "context_length_exceeded", "This model's maximum context length is 8.", "");
      case CONTEXT_LENGTH_VLLM ->
          send(
              400,
              "400",
              "'max_tokens' or 'max_completion_tokens' is too large: 8. This model's maximum context"
                  + " length is 8 tokens and your request has 7 input tokens (8 > 8 - 7).",
              "");
      case FILTERED_PROMPT -> send(400, "content_filter", "The prompt was filtered.", "");
      case BAD_REQUEST -> send(400, "bad_request", "Not understood: " + request.body(), "");
      case CONTENT_FILTER -> changed(choice -> choice.put("finish_reason", "content_filter"));
      case REFUSAL ->
          changed(choice -> message(choice).putNull("content").put("refusal", "I will not."));
      case LENGTH -> changed(choice -> choice.put("finish_reason", "length"));
      case WRONG_MODEL -> {
        ObjectNode reply = answer().put("model", "another");
        StubServer.send(output, 200, "", StubChat.bytes(reply));
      }
    }
  }

  private ObjectNode answer() {
    return chat.answer(answer, fingerprint);
  }

  @FunctionalInterface
  private interface Change {
    void apply(ObjectNode choice);
  }

  /** The answer with its first choice changed. */
  private void changed(Change change) throws IOException {
    ObjectNode reply = answer();
    change.apply((ObjectNode) reply.get("choices").get(0));
    StubServer.send(output, 200, "", StubChat.bytes(reply));
  }

  private static ObjectNode message(ObjectNode choice) {
    return (ObjectNode) choice.get("message");
  }

  private void half(byte[] whole) throws IOException {
    output.write(
        StubServer.bytes(
            "HTTP/1.1 200 Stub\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                .formatted(whole.length)));
    output.write(whole, 0, whole.length / 2);
    output.flush();
  }

  private void page() throws IOException {
    byte[] page = StubServer.bytes("<html><body>We are back soon.</body></html>");
    output.write(
        StubServer.bytes(
            "HTTP/1.1 200 Stub\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
                .formatted(page.length)));
    output.write(page);
    output.flush();
  }

  /** Ends by the client's breaking the connection, which fails the writing. */
  private void endless() throws IOException {
    output.write(
        StubServer.bytes(
            "HTTP/1.1 200 Stub\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"));
    byte[] chunk = StubServer.bytes("10000\r\n" + " ".repeat(0x10000) + "\r\n");
    while (true) {
      output.write(chunk);
    }
  }

  private void error(int status, String code, String headers) throws IOException {
    send(status, code, "Something is wrong.", headers);
  }

  private void send(int status, String code, String message, String headers) throws IOException {
    ObjectNode reply = com.fasterxml.jackson.databind.node.JsonNodeFactory.instance.objectNode();
    reply.putObject("error").put("message", message).put("type", code).put("code", code);
    StubServer.send(output, status, headers, StubChat.bytes(reply));
  }
}
