package io.capoflow.models.endpoint;

import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.UserMistake;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Says what the replies of one server mean. Thread-safe. */
final class Replies {
  private final ServerAddress server;
  private final EndpointSpec spec;
  private final Credentials credentials;

  Replies(ServerAddress server, EndpointSpec spec, Credentials credentials) {
    this.server = server;
    this.spec = spec;
    this.credentials = credentials;
  }

  /**
   * What a call came to.
   *
   * @param models that the server lists; empty where it lists none
   * @param millis from sending the call to its whole reply
   */
  Outcome ofCall(Reply reply, ChatCall call, List<String> models, Instant now, long millis) {
    if (reply.status() == 200) {
      return isPage(reply)
          ? new Outcome.Failed(new Fault("a page instead of JSON"))
          : answered(reply, call, millis);
    }
    ErrorBody error = ErrorBody.read(reply);
    if (reply.status() == 400 || reply.status() == 413 || reply.status() == 422) {
      if (error.isTooLong()) {
        return unwritten(FinishReason.CONTEXT_LENGTH, call, millis);
      }
      if (error.isFiltered()) {
        return unwritten(FinishReason.CONTENT_FILTER, call, millis);
      }
      if (error.isLimitTooLarge()) {
        return hopeless(
            "%s does not let a critique have critique.max_new_tokens %d tokens: lower it"
                .formatted(server, call.request().sampling().maxNewTokens()));
      }
      return new Outcome.Refused(
          error.namedParameter().orElse(""), credentials.scrubbed(error.summary(reply.status())));
    }
    return otherwise(reply, error, models, now);
  }

  /** What the smallest call came to: its answer is one without a choice. */
  Outcome ofProbe(Reply reply, List<String> models, Instant now) {
    if (reply.status() == 200) {
      return isPage(reply)
          ? new Outcome.Failed(new Fault("a page instead of JSON"))
          : attempted(() -> AnswerReader.sign(reply.body()));
    }
    ErrorBody error = ErrorBody.read(reply);
    if (reply.status() == 400 || reply.status() == 422) {
      return error.isCutShort()
          ? new Outcome.Answered(new AnswerReader.Answers(List.of(), TokenCounts.NONE, "", true))
          : new Outcome.Refused(
              error.mentionedParameter().orElse(""),
              credentials.scrubbed(
                  error.summary(reply.status()) + ": " + shortened(error.message())));
    }
    return otherwise(reply, error, models, now);
  }

  private Outcome answered(Reply reply, ChatCall call, long millis) {
    return attempted(() -> AnswerReader.read(reply.body(), call.choices(), millis));
  }

  @FunctionalInterface
  private interface Reading {
    AnswerReader.Answers read();
  }

  private static Outcome attempted(Reading reading) {
    try {
      return new Outcome.Answered(reading.read());
    } catch (Fault fault) {
      return new Outcome.Failed(fault);
    }
  }

  private Outcome unwritten(FinishReason finish, ChatCall call, long millis) {
    return new Outcome.Answered(
        AnswerReader.unwritten(finish, call.choices(), spec.model(), millis));
  }

  private Outcome otherwise(Reply reply, ErrorBody error, List<String> models, Instant now) {
    int status = reply.status();
    Optional<Duration> pause = Pauses.retryAfter(reply, now);
    String what = credentials.scrubbed(error.summary(status));
    if (status == 402 || error.isOutOfCredit()) {
      return hopeless(
          "%s makes no more calls (%s): add credit to the account of %s, then run the same command again"
              .formatted(server, what, credentials.keyName()));
    }
    if (status >= 300 && status < 400) {
      return hopeless(
          "%s redirects to %s, and no redirect is followed; give the address that answers itself"
              .formatted(server, reply.header("location").map(Replies::bare).orElse("nowhere")));
    }
    return switch (status) {
      case 401, 403 ->
          hopeless(
              "%s refuses the key (status %d): %s"
                  .formatted(server, status, credentials.keyAdvice()));
      case 404 -> hopeless(unknown(models));
      case 429, 503 -> new Outcome.Busy(what, pause.or(() -> Pauses.exhausted(reply)));
      case 408, 409, 425 -> new Outcome.Failed(new Fault(what, pause));
      default ->
          status >= 500
              ? new Outcome.Failed(new Fault(what, pause))
              : new Outcome.Refused("", what);
    };
  }

  private String unknown(List<String> models) {
    return models.isEmpty() || models.contains(spec.model())
        ? "%s answers with status 404: it has no model %s, or no /chat/completions below this address"
            .formatted(server, spec.model())
        : "%s has no model %s; it has %s"
            .formatted(server, spec.model(), String.join(", ", models));
  }

  private static Outcome hopeless(String message) {
    return new Outcome.Hopeless(new UserMistake(message));
  }

  private static boolean isPage(Reply reply) {
    return reply
        .header("content-type")
        .filter(type -> type.toLowerCase(Locale.ROOT).contains("html"))
        .isPresent();
  }

  /** An address without its query, which may hold a secret. */
  private static String bare(String address) {
    return address.replaceFirst("[?#].*", "");
  }

  private static String shortened(String message) {
    String line = message.replaceAll("\\s+", " ").strip();
    return line.length() <= 300 ? line : line.substring(0, 300) + "…";
  }
}
