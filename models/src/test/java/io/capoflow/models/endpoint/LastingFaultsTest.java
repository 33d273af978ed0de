package io.capoflow.models.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.stub.StubFault;
import io.capoflow.models.stub.StubRequest;
import io.capoflow.models.stub.StubSchedule;
import io.capoflow.models.stub.StubServer;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.UserMistake;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Over real sockets: what is promised for faults that do not pass. */
class LastingFaultsTest {
  private static final String KEY = "sk-secret-3141592653";
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int CALLS = 6;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "UNAUTHORIZED | refuses the key (status 401): the variable TEST_KEY",
        "FORBIDDEN | refuses the key (status 403): the variable TEST_KEY",
        "PAYMENT_REQUIRED | makes no more calls (status 402, payment_required)",
        "INSUFFICIENT_QUOTA | makes no more calls (status 429, insufficient_quota)",
        "UNKNOWN_MODEL | has no model critic",
        "REDIRECT | redirects to http://127.0.0.1:9/v1/chat/completions",
        "WRONG_MODEL | answered as another, where critic answered before"
      })
  void stopsTheRunAtOnceWithOneLine(StubFault fault, String says) {
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(server, 20)) {
      server.with(StubSchedule.calls(StubSchedule.always(fault)));

      List<Object> results = Calls.ask(client, CALLS);

      String message = ((UserMistake) results.get(0)).getMessage();
      assertThat(message).contains(server.url()).contains(says).doesNotContain("\n");
      assertThat(results)
          .allSatisfy(
              result -> {
                assertThat(((UserMistake) result).getMessage()).isEqualTo(message);
                assertThat(printed((UserMistake) result)).doesNotContain(KEY);
              });
      assertThat(server.asked().values()).allMatch(times -> times == 1);
      assertThat(Calls.result(client.ask(Calls.call(99))))
          .isInstanceOfSatisfying(
              UserMistake.class, later -> assertThat(later).hasMessage(message));
      assertThat(keys(server)).containsOnly("Bearer " + KEY);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"UNAUTHORIZED", "FORBIDDEN", "PAYMENT_REQUIRED", "REDIRECT"})
  void stopsTheRunBeforeItsFirstCall(StubFault fault) {
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(server, 20)) {
      server.with(StubSchedule.always(fault));

      List<Object> results = Calls.ask(client, CALLS);

      assertThat(results).allMatch(UserMistake.class::isInstance);
      assertThat(server.asked()).isEmpty();
    }
  }

  @Test
  void namesTheModelsThatThereAre() {
    try (StubServer server = StubServer.start("other-model");
        EndpointClient client = client(server, 20)) {
      assertThat(Calls.ask(client, 1))
          .singleElement()
          .isInstanceOfSatisfying(
              UserMistake.class,
              mistake ->
                  assertThat(mistake)
                      .hasMessage(server.url() + " has no model critic; it has other-model"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "CONTEXT_LENGTH, CONTEXT_LENGTH",
    "CONTEXT_LENGTH_VLLM, CONTEXT_LENGTH",
    "FILTERED_PROMPT, CONTENT_FILTER",
    "CONTENT_FILTER, CONTENT_FILTER",
    "REFUSAL, CONTENT_FILTER",
    "LENGTH, LENGTH"
  })
  void isAnAnswerWhereAskingAgainWouldGiveItAgain(StubFault fault, FinishReason finish) {
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(server, 20)) {
      server.with(StubSchedule.calls(StubSchedule.always(fault)));

      List<ChatAnswer> answers = client.ask(Calls.call(1)).join();

      assertThat(answers).hasSize(2);
      assertThat(answers.get(0).finish()).isEqualTo(finish);
      assertThat(server.asked().values()).containsOnly(1);
      assertThat(client.figures().answered()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "EMPTY_CHOICE | an empty choice",
        "FEWER_CHOICES | 1 choices of 2",
        "ENDLESS_BODY | an answer longer than",
        "STALL | no whole answer within 30 s",
        "STATUS_500 | status 500, internal",
        "RESET | a broken connection"
      })
  void failsOneCallWhereOthersAreAnswered(StubFault fault, String says) {
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(server, 20)) {
      String poisoned = poisoned(client, server);
      server.with(
          StubSchedule.calls(
              (request, attempt) ->
                  request.equals(poisoned) ? Optional.of(fault) : Optional.empty()));

      List<Object> results = Calls.ask(client, CALLS);

      assertThat(results.get(0))
          .isInstanceOfSatisfying(
              CallFailed.class,
              failed ->
                  assertThat(failed.getMessage())
                      .startsWith(
                          "6 attempts failed while the endpoint answers others, the last with ")
                      .contains(says)
                      .doesNotContain("Problem"));
      assertThat(results.subList(1, CALLS)).noneMatch(Throwable.class::isInstance);
      // Once to learn its name, then as often as it is tried.
      assertThat(server.asked()).containsEntry(poisoned, 7);
      assertThat(client.figures().failed()).isEqualTo(1);
    }
  }

  @Test
  void aCallThatIsRefusedFailsAtOnceAndItsPromptIsNotShown() {
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(server, 20)) {
      server.with(StubSchedule.calls(StubSchedule.always(StubFault.BAD_REQUEST)));

      assertThat(Calls.result(client.ask(Calls.call(1))))
          .isInstanceOfSatisfying(
              CallFailed.class,
              failed ->
                  assertThat(failed)
                      .hasMessage(server.url() + " refuses the call: status 400, bad_request"));
      assertThat(server.asked().values()).containsOnly(1);
    }
  }

  @Test
  void aDeadEngineBehindALiveServerFailsNoCallByItself() {
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(server, 100)) {
      assertThat(Calls.ask(client, 1)).noneMatch(Throwable.class::isInstance);
      server.setEngineDead(true);

      List<Object> results = Calls.ask(client, CALLS);

      assertThat(results)
          .allSatisfy(
              result ->
                  assertThat(((UserMistake) result).getMessage())
                      .startsWith("no answer from " + server.url() + " since ")
                      .endsWith(
                          ": status 500, internal; 6 calls wait; run the same command again when it answers"));
    }
  }

  @Test
  void aServerThatIsAwayStopsTheRunAfterAllPatience() {
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(server, 100)) {
      server.stop();

      assertThat(client.report(Calls.request(0)).join().reached()).isFalse();
      List<Object> results = Calls.ask(client, CALLS);

      assertThat(results)
          .allSatisfy(
              result ->
                  assertThat(((UserMistake) result).getMessage())
                      .contains(": connection refused; 6 calls wait;"));
      assertThat(server.asked()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"STATUS_429", "STATUS_503", "STATUS_429_RETRY_AFTER"})
  void aServerThatIsAlwaysBusyStopsTheRunAfterAllPatience(StubFault fault) {
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(server, 100)) {
      server.with(StubSchedule.calls(StubSchedule.always(fault)));

      assertThat(Calls.ask(client, CALLS))
          .allMatch(
              result ->
                  result instanceof UserMistake mistake
                      && mistake.getMessage().startsWith("no answer from"));
    }
  }

  @Test
  void aKeyThatIsNotSetIsToldFromOneThatIsRefused() {
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client =
            EndpointClient.open(
                Calls.spec(List.of(server.url()), Calls.limits(PATIENCE)),
                name -> Optional.empty(),
                new FastTime(20))) {
      server.with(StubSchedule.always(StubFault.UNAUTHORIZED));

      assertThat(Calls.ask(client, 1))
          .singleElement()
          .isInstanceOfSatisfying(
              UserMistake.class,
              mistake ->
                  assertThat(mistake)
                      .hasMessageContaining(
                          "the variable TEST_KEY of the worker's environment holds none"));
    }
  }

  /** The name of the first call, which is asked for it. */
  private static String poisoned(EndpointClient client, StubServer server) {
    assertThat(Calls.ask(client, 1)).noneMatch(Throwable.class::isInstance);
    return server.asked().keySet().stream()
        .min(java.util.Comparator.comparing(name -> name))
        .orElseThrow();
  }

  private static List<String> keys(StubServer server) {
    return server.requests().stream()
        .map(StubRequest::headers)
        .map(headers -> headers.getOrDefault("authorization", ""))
        .distinct()
        .toList();
  }

  private static String printed(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  private static EndpointClient client(StubServer server, int times) {
    return EndpointClient.open(
        Calls.spec(List.of(server.url()), Calls.limits(PATIENCE)),
        name -> name.equals("TEST_KEY") ? Optional.of(KEY) : Optional.empty(),
        new FastTime(times));
  }
}
