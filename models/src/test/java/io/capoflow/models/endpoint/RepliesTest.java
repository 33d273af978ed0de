package io.capoflow.models.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.FinishReason;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RepliesTest {
  private static final Instant NOW = Instant.parse("2026-11-29T16:00:00Z");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "7 | 7000",
        "0.5 | 500",
        "Sun, 29 Nov 2026 16:01:30 GMT | 90000",
        "Sun, 29 Nov 2026 15:00:00 GMT | 0",
        "999999 | 3600000",
        "soon |",
        "-3 |"
      })
  void pausesAreSecondsOrDates(String header, Long millis) {
    assertThat(Pauses.retryAfter(FakeServers.reply(429, "", Map.of("retry-after", header)), NOW))
        .isEqualTo(Optional.ofNullable(millis).map(Duration::ofMillis));
  }

  @Test
  void aPauseInMillisecondsGoesFirst() {
    Reply reply = FakeServers.reply(429, "", Map.of("retry-after", "7", "retry-after-ms", "120"));

    assertThat(Pauses.retryAfter(reply, NOW)).contains(Duration.ofMillis(120));
  }

  @ParameterizedTest
  @CsvSource({
    "6m0s, 360000",
    "20ms, 20",
    "1.5s, 1500",
    "0h42m3s, 2523000",
    "2h, 3600000",
    "12, 12000",
    "x, ",
    "3x, "
  })
  void whatIsExhaustedIsThereAgainAfterTheReset(String reset, Long millis) {
    Map<String, String> headers =
        Map.of("x-ratelimit-remaining-tokens", "0", "x-ratelimit-reset-tokens", reset);

    assertThat(Pauses.exhausted(FakeServers.reply(200, "", headers)))
        .isEqualTo(Optional.ofNullable(millis).map(Duration::ofMillis));
  }

  @Test
  void whatRemainsIsNoReasonToWait() {
    Map<String, String> headers =
        Map.of("x-ratelimit-remaining-tokens", "9", "x-ratelimit-reset-tokens", "1s");

    assertThat(Pauses.exhausted(FakeServers.reply(200, "", headers))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
        "'max_tokens' or 'max_completion_tokens' is too large: 8000. This model's maximum context length is 4096 tokens and your request has 2778 input tokens",
        "You passed 5000 input tokens and requested 64 output tokens. However, the model's context length is only 4096 tokens",
        "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
        "the request exceeds the available context size, try increasing it"
      })
  void aPromptThatIsTooLongIsAnAnswer(String message) {
    Outcome outcome =
        of(400, "{\"error\": {\"message\": \"%s\", \"code\": 400}}".formatted(message));

    assertThat(((Outcome.Answered) outcome).answers().answers())
        .extracting(ChatAnswer::finish)
        .containsExactly(FinishReason.CONTEXT_LENGTH, FinishReason.CONTEXT_LENGTH);
  }

  @Test
  void azuresFilterIsAnAnswer() {
    Outcome outcome =
        of(
            400,
            """
            {"error": {"message": "filtered", "code": "content_filter", "status": 400,
             "innererror": {"code": "ResponsibleAIPolicyViolation"}}}""");

    assertThat(((Outcome.Answered) outcome).answers().answers())
        .extracting(ChatAnswer::finish)
        .containsOnly(FinishReason.CONTENT_FILTER);
  }

  @Test
  void aParameterIsNamedInAnyForm() {
    assertThat(of(400, "{\"error\": {\"message\": \"no\", \"param\": \"seed\", \"code\": \"x\"}}"))
        .isEqualTo(new Outcome.Refused("seed", "status 400, x, seed"));
    assertThat(
            of(
                422,
                "{\"detail\": [{\"type\": \"extra_forbidden\", \"loc\": [\"body\", \"top_k\"], \"msg\": \"no\"}]}"))
        .isEqualTo(new Outcome.Refused("top_k", "status 422, extra_forbidden, top_k"));
    assertThat(of(400, "{\"message\": \"the prompt has temperature in it\", \"type\": \"bad\"}"))
        .isEqualTo(new Outcome.Refused("", "status 400, bad"));
    assertThat(
            replies()
                .ofProbe(
                    FakeServers.reply(
                        400,
                        "{\"error\": {\"message\": \"Unrecognized request argument supplied: top_k\"}}",
                        Map.of()),
                    List.of(),
                    NOW))
        .isEqualTo(
            new Outcome.Refused(
                "top_k", "status 400: Unrecognized request argument supplied: top_k"));
  }

  @Test
  void aSecretThatAServerRepeatsIsNotShown() {
    Outcome outcome =
        replies()
            .ofProbe(
                FakeServers.reply(
                    400, "{\"error\": {\"message\": \"key sk-1 and proj-2\"}}", Map.of()),
                List.of(),
                NOW);

    assertThat(outcome).isEqualTo(new Outcome.Refused("", "status 400: key … and …"));
  }

  @Test
  void aReplyThatSaysNothingIsUnderstood() {
    assertThat(of(418, "")).isEqualTo(new Outcome.Refused("", "status 418"));
    assertThat(of(500, "<html>")).isInstanceOf(Outcome.Failed.class);
    assertThat(of(529, "{}")).isInstanceOf(Outcome.Failed.class);
  }

  private static Outcome of(int status, String body) {
    return replies()
        .ofCall(
            FakeServers.reply(status, body, Map.of()),
            new ChatCall(Calls.request(0), 0, 2),
            List.of(),
            NOW,
            1);
  }

  private static Replies replies() {
    EndpointSpec plain = Calls.spec(List.of("http://one/v1"), CallLimits.DEFAULTS);
    EndpointSpec spec =
        new EndpointSpec(
            plain.urls(),
            plain.model(),
            plain.apiKeyVariable(),
            "",
            List.of("X-Project: ${PROJECT}"),
            Dialect.AUTO,
            plain.limits(),
            plain.prices());
    Credentials credentials =
        new Credentials(
            spec,
            name -> Optional.ofNullable(Map.of("TEST_KEY", "sk-1", "PROJECT", "proj-2").get(name)));
    return new Replies(ServerAddress.of("http://one/v1"), spec, credentials);
  }
}
