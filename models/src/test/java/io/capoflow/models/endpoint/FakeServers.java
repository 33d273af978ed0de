package io.capoflow.models.endpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A network without sockets: requests are kept until the test replies to them. Servers are known to
 * be vLLM; probes are answered at once where a server is up.
 */
final class FakeServers implements EndpointClient.Transports {
  private final List<Sent> sent = new ArrayList<>();
  private final List<String> silent = new ArrayList<>();
  private Runnable atSending = () -> {};
  private int probes;

  /** A call that waits for its reply. */
  record Sent(String server, JsonNode body, CompletableFuture<Reply> reply) {
    void answer() {
      answer(10, 5, Map.of());
    }

    void answer(int promptTokens, int writtenTokens, Map<String, String> headers) {
      reply.complete(
          FakeServers.reply(
              200,
              """
              {"model": "critic", "choices": [{"index": 0, "finish_reason": "stop",
               "message": {"content": "fine"}}],
               "usage": {"prompt_tokens": %d, "completion_tokens": %d}}"""
                  .formatted(promptTokens, writtenTokens),
              headers));
    }

    void refuse(int status, Map<String, String> headers) {
      reply.complete(FakeServers.reply(status, "{}", headers));
    }

    void fail() {
      reply.completeExceptionally(new Fault("connection refused"));
    }

    /** The number of the question that it asks. */
    int number() {
      String text = body.path("messages").path(0).path("content").asText();
      return Integer.parseInt(text.replaceAll("(?s)\\D*(\\d+)\\..*", "$1"));
    }
  }

  /** Calls that were sent, from the first on. */
  List<Sent> sent() {
    return sent;
  }

  /** Those without a reply. */
  List<Sent> inFlight() {
    return sent.stream().filter(one -> !one.reply().isDone()).toList();
  }

  int probes() {
    return probes;
  }

  /** Does this while a call is being sent. */
  void atSending(Runnable given) {
    atSending = given;
  }

  /** From now on a server refuses connections, or no longer. */
  void setSilent(String server, boolean isSilent) {
    silent.remove(server);
    if (isSilent) {
      silent.add(server);
    }
  }

  @Override
  public Transport to(ServerAddress server) {
    return new Transport() {
      @Override
      public CompletableFuture<Reply> send(Outgoing request) {
        return FakeServers.this.send(server.toString(), request);
      }

      @Override
      public void close() {}
    };
  }

  private CompletableFuture<Reply> send(String server, Transport.Outgoing request) {
    boolean isCall =
        request.uri().getPath().endsWith("/chat/completions")
            && !request.body().contains("\"ping\"");
    if (!isCall && silent.contains(server)) {
      probes++;
      return CompletableFuture.failedFuture(new Fault("connection refused"));
    }
    if (request.uri().getPath().endsWith("/models")) {
      return replied("{\"data\": [{\"id\": \"critic\", \"owned_by\": \"vllm\"}]}");
    }
    if (request.uri().getPath().endsWith("/version")) {
      return replied("{\"version\": \"1\"}");
    }
    if (!isCall) {
      probes++;
      return replied("{\"model\": \"critic\", \"choices\": [{}], \"usage\": {}}");
    }
    try {
      Sent one = new Sent(server, Json.STRICT.readTree(request.body()), new CompletableFuture<>());
      sent.add(one);
      atSending.run();
      return one.reply();
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static CompletableFuture<Reply> replied(String body) {
    return CompletableFuture.completedFuture(reply(200, body, Map.of()));
  }

  static Reply reply(int status, String body, Map<String, String> headers) {
    return new Reply(
        status,
        name -> Optional.ofNullable(headers.get(name)),
        body.getBytes(StandardCharsets.UTF_8));
  }
}
