package io.capoflow.models.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.stub.StubFault;
import io.capoflow.models.stub.StubRequest;
import io.capoflow.models.stub.StubSchedule;
import io.capoflow.models.stub.StubServer;
import io.capoflow.schemas.UserMistake;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Clients of whole endpoints, over real sockets. */
class EndpointsTest {
  private static final CallLimits LIMITS = Calls.limits(Duration.ofMinutes(10));

  @Test
  void equalSpecsShareAClientUntilItFailsForGood() {
    try (StubServer server = StubServer.start(Calls.MODEL)) {
      EndpointSpec spec = EndpointSpec.of(server.url(), Calls.MODEL);
      server.with(StubSchedule.always(StubFault.REDIRECT));
      try (Endpoints.Lease one = Endpoints.lease(spec);
          Endpoints.Lease other = Endpoints.lease(EndpointSpec.of(server.url(), Calls.MODEL))) {
        assertThat(other.client()).isSameAs(one.client());
        assertThat(Calls.ask(one.client(), 1)).allMatch(UserMistake.class::isInstance);
        server.with(StubSchedule.NONE);
        // For all who have it: else a budget that is spent would be spent again.
        try (Endpoints.Lease third = Endpoints.lease(spec)) {
          assertThat(third.client()).isSameAs(one.client());
        }
      }
      try (Endpoints.Lease later = Endpoints.lease(spec)) {
        assertThat(Calls.ask(later.client(), 1)).noneMatch(Throwable.class::isInstance);
      }
    }
  }

  @Test
  void choicesOfOneCallAreTheAnswersOfSingleCalls() {
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(LIMITS, server.url())) {
      ChatRequest request = Calls.request(5);
      List<ChatAnswer> together = client.ask(new ChatCall(request, 1, 3)).join();
      List<ChatAnswer> single =
          Stream.of(1, 2, 3)
              .flatMap(index -> client.ask(new ChatCall(request, index, 1)).join().stream())
              .toList();

      assertThat(together).extracting(ChatAnswer::text).isEqualTo(texts(single));
      assertThat(together).extracting(ChatAnswer::text).doesNotHaveDuplicates();
      assertThat(together)
          .extracting(ChatAnswer::logprobs)
          .isEqualTo(single.stream().map(ChatAnswer::logprobs).toList());
      assertThat(together.get(0).tokens()).isEqualTo(single.get(0).tokens());
      assertThat(server.asked().values()).containsOnly(2);
    }
  }

  @Test
  void thePromptIsCountedOnceForAllChoicesAndCachedTokensApart() {
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(LIMITS, server.url())) {
      ChatAnswer before = client.ask(Calls.call(0)).join().get(0);
      CallFigures figures = client.figures();
      List<ChatAnswer> answers = client.ask(Calls.call(1)).join();

      CallFigures one = client.figures().since(figures);
      assertThat(one.promptTokens() + one.cachedTokens()).isEqualTo(before.tokens().prompt());
      assertThat(one.cachedTokens()).isEqualTo(before.tokens().cached()).isPositive();
      assertThat(one.writtenTokens())
          .isEqualTo(answers.stream().mapToInt(answer -> answer.tokens().written()).sum());
    }
  }

  @Test
  void aReportSaysWhatTheServerIs() {
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(LIMITS, server.url())) {
      assertThat(client.report(Calls.request(0)).join())
          .isEqualTo(
              new EndpointReport(
                  true, Calls.MODEL, "stub-1", "vllm 0.32.0", Dialect.VLLM, List.of()));
      assertThat(server.asked()).isEmpty();
    }
  }

  @Test
  void whatIsOffAndNotTakenIsLeftOutAndNoted() {
    try (StubServer server =
            StubServer.start(Calls.MODEL)
                .withoutModels()
                .refusing("presence_penalty", "max_completion_tokens");
        EndpointClient client = client(LIMITS, server.url())) {
      assertThat(client.report(Calls.request(0)).join())
          .isEqualTo(
              new EndpointReport(
                  true,
                  Calls.MODEL,
                  "stub-1",
                  "",
                  Dialect.OPENAI,
                  List.of(
                      server.url() + " does not take presence_penalty, which is off and left out",
                      server.url()
                          + " does not take max_completion_tokens, and is asked with its other name")));
      assertThat(Calls.ask(client, 1)).noneMatch(Throwable.class::isInstance);
    }
  }

  @Test
  void whatIsOffAndNotTakenAnyMoreIsLeftOutOfCalls() {
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(LIMITS, server.url())) {
      List<Object> whole = Calls.ask(client, 3);
      server.refusing("min_p");

      assertThat(Calls.ask(client, 3)).isEqualTo(whole);
      assertThat(client.figures().failed()).isZero();
    }
  }

  @Test
  void whatIsOnAndNotTakenStopsTheRun() {
    try (StubServer server = StubServer.start(Calls.MODEL).refusing("logprobs");
        EndpointClient client = client(LIMITS, server.url())) {
      assertThat(Calls.ask(client, 2))
          .allSatisfy(
              result ->
                  assertThat((UserMistake) result)
                      .hasMessage(
                          server.url()
                              + " does not take logprobs (status 400, logprobs: Unsupported parameter:"
                              + " 'logprobs'), and the answers would be others without it; switch it"
                              + " off, or ask a server that takes it"));
      assertThat(server.asked()).isEmpty();
    }
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(LIMITS, server.url())) {
      assertThat(Calls.ask(client, 1)).noneMatch(Throwable.class::isInstance);
      server.refusing("seed");
      assertThat(Calls.ask(client, 1))
          .allSatisfy(
              result ->
                  assertThat((UserMistake) result)
                      .hasMessageStartingWith(server.url() + " does not take seed ("));
    }
  }

  @Test
  void requestsAreHttp1WithTheKeyAndFurtherHeadersAndTheQueryIsKept() {
    Map<String, String> variables = Map.of("TEST_KEY", "k-1", "TENANT", "blue");
    try (StubServer server = StubServer.start(Calls.MODEL)) {
      EndpointSpec spec =
          new EndpointSpec(
              List.of(server.url() + "/?api-version=2024-10-21"),
              Calls.MODEL,
              "TEST_KEY",
              "api-key",
              List.of("X-Tenant: team-${TENANT}"),
              Dialect.AUTO,
              LIMITS,
              TokenPrices.NONE);
      try (EndpointClient client =
          EndpointClient.open(
              spec, name -> Optional.ofNullable(variables.get(name)), new FastTime(20))) {
        assertThat(Calls.ask(client, 1)).noneMatch(Throwable.class::isInstance);
      }

      assertThat(server.requests())
          .extracting(StubRequest::target)
          .containsExactly(
              "/v1/models?api-version=2024-10-21",
              "/version?api-version=2024-10-21",
              "/v1/chat/completions?api-version=2024-10-21",
              "/v1/chat/completions?api-version=2024-10-21");
      assertThat(server.requests())
          .extracting(StubRequest::headers)
          .allSatisfy(
              headers ->
                  assertThat(headers)
                      .containsEntry("api-key", "k-1")
                      .containsEntry("x-tenant", "team-blue")
                      .doesNotContainKeys("authorization", "upgrade", "http2-settings"));
      assertThat(spec.toString()).doesNotContain("k-1").doesNotContain("blue");
    }
  }

  @Test
  void serversThatDifferAreRefused() {
    try (StubServer one = StubServer.start(Calls.MODEL);
        StubServer other = StubServer.start(Calls.MODEL).named(Calls.MODEL, "0.33.0");
        EndpointClient client = client(LIMITS, one.url(), other.url())) {
      assertThat(Calls.ask(client, 1))
          .singleElement()
          .isInstanceOfSatisfying(
              UserMistake.class,
              mistake ->
                  assertThat(mistake)
                      .hasMessageStartingWith("the servers of one endpoint must be alike: ")
                      .hasMessageContaining("vllm 0.32.0")
                      .hasMessageContaining("vllm 0.33.0"));
      assertThat(one.asked()).isEmpty();
      assertThat(other.asked()).isEmpty();
    }
  }

  @Test
  void aServerThatComesLaterMustBeAlikeToo() {
    try (StubServer one = StubServer.start(Calls.MODEL);
        StubServer other = StubServer.start(Calls.MODEL).named("another", "0.32.0");
        EndpointClient client = client(LIMITS, one.url(), other.url())) {
      other.stop();
      assertThat(Calls.ask(client, 4)).noneMatch(Throwable.class::isInstance);
      one.with(StubSchedule.calls(StubSchedule.always(StubFault.STALL)));
      var waiting = client.ask(Calls.call(9));
      other.resume();

      assertThat(Calls.result(waiting))
          .isInstanceOfSatisfying(
              UserMistake.class,
              mistake ->
                  assertThat(mistake).hasMessageContaining("has another, another has critic"));
    }
  }

  @Test
  void oneServerTakesTheCallsOfAnother() {
    List<Object> whole;
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(LIMITS, server.url())) {
      whole = Calls.ask(client, 40);
    }
    try (StubServer one = StubServer.start(Calls.MODEL);
        StubServer other = StubServer.start(Calls.MODEL);
        EndpointClient client = client(LIMITS, one.url(), other.url())) {
      assertThat(Calls.ask(client, 20)).isEqualTo(whole.subList(0, 20));
      assertThat(one.answered()).isNotEmpty();
      assertThat(other.answered()).isNotEmpty();
      one.stop();

      assertThat(Calls.ask(client, 40)).isEqualTo(whole);
      assertThat(client.figures().failed()).isZero();
    }
  }

  @Test
  void whatIsNoAddressOrHeaderIsRefusedWithoutShowingASecret() {
    assertThatThrownBy(() -> client(LIMITS, "10.0.0.5:8000/v1?key=secret"))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("10.0.0.5:8000/v1 is no address")
        .hasMessageNotContaining("secret");
    assertThatThrownBy(() -> client(LIMITS, "http://me:secret@host/v1"))
        .isInstanceOf(UserMistake.class)
        .hasMessageNotContaining("secret");
  }

  @Test
  void aKeyWithALineBreakIsNotShown() {
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client =
            EndpointClient.open(
                Calls.spec(List.of(server.url()), LIMITS),
                name -> name.equals("TEST_KEY") ? Optional.of("sec\nret") : Optional.empty(),
                new FastTime(20))) {
      assertThat(Calls.ask(client, 1))
          .singleElement()
          .isInstanceOfSatisfying(
              UserMistake.class,
              mistake ->
                  assertThat(mistake)
                      .hasMessageStartingWith("the key in TEST_KEY cannot be sent")
                      .hasNoCause());
    }
  }

  private static EndpointClient client(CallLimits limits, String... urls) {
    return EndpointClient.open(
        Calls.spec(List.of(urls), limits), name -> Optional.empty(), new FastTime(20));
  }

  private static List<String> texts(List<ChatAnswer> answers) {
    return answers.stream().map(ChatAnswer::text).toList();
  }
}
