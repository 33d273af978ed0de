package io.capoflow.models.endpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Finds out what a server is, and whether it is there. One that is met for the first time is asked
 * for its models, for its version where it may be vLLM, and for the smallest answer with all
 * parameters of a request. What it refuses of these is left out where it is off. Thread-safe.
 */
final class Probing {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final long MAX_BYTES = 4 << 20;
  private static final String VLLM = "vllm";

  private final ServerAddress server;
  private final EndpointSpec spec;
  private final Transport transport;
  private final Replies replies;
  private final Time time;

  Probing(
      ServerAddress server, EndpointSpec spec, Transport transport, Replies replies, Time time) {
    this.server = server;
    this.spec = spec;
    this.transport = transport;
    this.replies = replies;
    this.time = time;
  }

  /** What a probe came to. */
  sealed interface Result {
    /** It answered. */
    record There(Identity identity, TokenCounts usage) implements Result {}

    /**
     * It did not.
     *
     * @param pause that it asks for before the next request
     */
    record Silent(String what, Optional<Duration> pause) implements Result {}

    /** No call will be answered. */
    record Hopeless(UserMistake mistake) implements Result {}
  }

  /**
   * What a server is.
   *
   * @param models that it lists; empty where it lists none
   * @param version name and version of its program; empty where unknown
   * @param model as its answers name it; empty where they do not
   * @param fingerprint as its answers give it; empty where they give none
   * @param wire how it is asked
   * @param notes what it lacks, a sentence each
   */
  record Identity(
      List<String> models,
      String version,
      String model,
      String fingerprint,
      WireRequest wire,
      List<String> notes) {
    Identity answering(AnswerReader.Answers answers) {
      String printed = answers.answers().isEmpty() ? "" : answers.answers().get(0).fingerprint();
      return new Identity(models, version, answers.model(), printed, wire, notes);
    }

    /** Without a parameter that it refuses. */
    Identity without(String parameter, ServerAddress server) {
      List<String> more = new ArrayList<>(notes);
      more.add(
          parameter.startsWith("max_")
              ? "%s does not take %s, and is asked with its other name".formatted(server, parameter)
              : "%s does not take %s, which is off and left out".formatted(server, parameter));
      return new Identity(models, version, model, fingerprint, wire.without(parameter), more);
    }
  }

  /** What {@code /models} says. */
  private record Listing(List<String> models, boolean vllm) {
    static final Listing NONE = new Listing(List.of(), false);
  }

  /** Finds out what the server is. */
  CompletableFuture<Result> identify(ChatRequest shape) {
    return get(server.models())
        .thenApply(reply -> reply.map(Probing::listing).orElse(Listing.NONE))
        .thenCompose(listing -> version(listing).thenApply(version -> identity(listing, version)))
        .thenCompose(identity -> chat(identity, shape, true))
        .exceptionally(Probing::silent);
  }

  private static Result silent(Throwable failure) {
    Throwable cause = Futures.cause(failure);
    return cause instanceof UserMistake mistake
        ? new Result.Hopeless(mistake)
        : new Result.Silent(
            cause instanceof Fault fault ? fault.getMessage() : "a failure of ours: " + cause,
            Optional.empty());
  }

  /** Asks a server that is known for the smallest answer. */
  CompletableFuture<Result> ping(Identity known, ChatRequest shape) {
    return chat(known, shape, false);
  }

  private Identity identity(Listing listing, String version) {
    Dialect dialect =
        spec.dialect() != Dialect.AUTO
            ? spec.dialect()
            : listing.vllm() ? Dialect.VLLM : Dialect.OPENAI;
    return new Identity(listing.models(), version, "", "", new WireRequest(dialect), List.of());
  }

  private CompletableFuture<String> version(Listing listing) {
    if (spec.dialect() == Dialect.OPENAI || !(listing.vllm() || spec.dialect() == Dialect.VLLM)) {
      return CompletableFuture.completedFuture("");
    }
    return get(server.version())
        .thenApply(
            reply ->
                reply
                    .map(json -> json.path("version").asText(""))
                    .filter(version -> !version.isEmpty())
                    .map(version -> VLLM + " " + version)
                    .orElse(""));
  }

  /**
   * A JSON document; empty where the server has none there. Fails where it does not answer now:
   * what it is must not depend on that.
   */
  private CompletableFuture<Optional<JsonNode>> get(URI uri) {
    return transport
        .send(new Transport.Outgoing("GET", uri, "", MAX_BYTES, timeout()))
        .thenApply(
            reply -> {
              boolean passing =
                  reply.status() >= 500 || reply.status() == 408 || reply.status() == 429;
              if (passing && reply.status() != 501) {
                throw new Fault("status " + reply.status());
              }
              try {
                return reply.status() == 200
                    ? Optional.of(Json.LENIENT.readTree(reply.body()))
                    : Optional.empty();
              } catch (IOException e) {
                return Optional.empty();
              }
            });
  }

  private CompletableFuture<Result> chat(Identity known, ChatRequest shape, boolean first) {
    Optional<String> lacking = known.wire().lacking(shape);
    if (lacking.isPresent()) {
      return CompletableFuture.completedFuture(
          new Result.Hopeless(lacks(server, known.wire(), lacking.get(), "")));
    }
    return transport
        .send(
            new Transport.Outgoing(
                "POST", server.chat(), known.wire().probe(shape), MAX_BYTES, timeout()))
        .handle(
            (reply, failure) ->
                failure == null
                    ? replies.ofProbe(reply, known.models(), time.now())
                    : Outcome.of(Futures.cause(failure)))
        .thenCompose(outcome -> result(outcome, known, shape, first));
  }

  private CompletableFuture<Result> result(
      Outcome outcome, Identity known, ChatRequest shape, boolean first) {
    if (outcome instanceof Outcome.Refused refused
        && first
        && !known.wire().leftOut().contains(refused.parameter())
        && WireRequest.isOptional(refused.parameter())) {
      Identity less = known.without(refused.parameter(), server);
      Optional<String> lacking = less.wire().lacking(shape);
      return lacking.isPresent()
          ? CompletableFuture.completedFuture(
              new Result.Hopeless(lacks(server, less.wire(), lacking.get(), refused.what())))
          : chat(less, shape, true);
    }
    return CompletableFuture.completedFuture(result(outcome, known, first));
  }

  private Result result(Outcome outcome, Identity known, boolean first) {
    if (outcome instanceof Outcome.Answered answered) {
      return new Result.There(known.answering(answered.answers()), answered.answers().usage());
    }
    if (outcome instanceof Outcome.Busy busy) {
      return new Result.Silent(busy.what(), busy.pause());
    }
    if (outcome instanceof Outcome.Failed failed) {
      return new Result.Silent(failed.fault().getMessage(), failed.fault().pause());
    }
    if (outcome instanceof Outcome.Refused refused) {
      return first
          ? new Result.Hopeless(
              new UserMistake(
                  "%s does not take the smallest call: %s".formatted(server, refused.what())))
          : new Result.Silent(refused.what(), Optional.empty());
    }
    return new Result.Hopeless(((Outcome.Hopeless) outcome).mistake());
  }

  /** What to say of a parameter that would change the answers and cannot be sent. */
  static UserMistake lacks(ServerAddress server, WireRequest wire, String parameter, String what) {
    String why =
        what.isEmpty()
            ? "as it is asked in the dialect %s".formatted(wire.dialect().label())
            : what;
    return new UserMistake(
        "%s does not take %s (%s), and the answers would be others without it; switch it off, or ask a server that takes it"
            .formatted(server, parameter, why));
  }

  private Duration timeout() {
    Duration own = spec.limits().timeout();
    return own.compareTo(TIMEOUT) < 0 ? own : TIMEOUT;
  }

  private static Listing listing(JsonNode reply) {
    List<String> names = new ArrayList<>();
    boolean vllm = false;
    for (JsonNode model : reply.path("data")) {
      names.add(model.path("id").asText());
      vllm |= model.path("owned_by").asText().equals(VLLM);
    }
    return new Listing(names, vllm);
  }
}
