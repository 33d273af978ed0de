package io.capoflow.models.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.endpoint.FakeServers.Sent;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.schemas.UserMistake;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Turns, limits and health by a clock that the test winds. */
class TurnsTest {
  private static final String ONE = "http://one/v1";
  private static final String TWO = "http://two/v1";
  private static final CallLimits LIMITS =
      new CallLimits(4, 1, 0, 0, Duration.ofMinutes(10), 2, 0.5, Duration.ofMinutes(10), 0, 0, 1);

  private final FakeTime time = new FakeTime();
  private final FakeServers servers = new FakeServers();

  @Test
  void callsGoInTheOrderInWhichTheyCameAndNoMoreThanTheWindow() {
    EndpointClient client = client(LIMITS, ONE);
    List<CompletableFuture<List<ChatAnswer>>> asked = ask(client, 10);

    assertThat(numbers(servers.sent())).containsExactly(0, 1, 2, 3);
    servers.sent().get(2).answer();
    servers.sent().get(0).answer();
    assertThat(numbers(servers.sent())).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(asked.get(2)).isCompleted();
    assertThat(asked.get(1)).isNotDone();
    while (!servers.inFlight().isEmpty()) {
      servers.inFlight().get(0).answer();
    }

    assertThat(asked).allMatch(CompletableFuture::isDone);
    assertThat(numbers(servers.sent())).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(client.figures()).isEqualTo(new CallFigures(0, 0, 10, 0, 0, 100, 0, 50, 0));
  }

  @Test
  void figuresTellWhatWaitsAndWhatIsInFlight() {
    EndpointClient client = client(LIMITS, ONE);
    List<CompletableFuture<List<ChatAnswer>>> asked = ask(client, 10);
    servers.sent().get(0).answer(20, 7, Map.of());

    assertThat(client.figures()).isEqualTo(new CallFigures(5, 4, 1, 0, 0, 20, 0, 7, 0));
    assertThat(asked.get(0)).isCompleted();
  }

  /** As a prompt that alone is more than a provider lets through in a minute. */
  @Test
  void aCallThatAloneIsRefusedAgainAndAgainFailsWhileOthersAreAnswered() {
    EndpointClient client = client(LIMITS, ONE);
    List<CompletableFuture<List<ChatAnswer>>> asked = ask(client, 200);
    int refusals = 0;
    while (!asked.get(0).isDone()) {
      List<Sent> inFlight = servers.inFlight();
      inFlight.stream().filter(one -> one.number() != 0).limit(1).forEach(Sent::answer);
      for (Sent one : inFlight) {
        if (one.number() == 0) {
          one.refuse(429, Map.of());
          refusals++;
        }
      }
      time.wind(Duration.ofSeconds(2));
      assertThat(refusals).isLessThanOrEqualTo(200);
    }
    assertThat(refusals).isGreaterThan(EndpointClient.REFUSALS);
    assertThatThrownBy(asked.get(0)::join)
        .hasCauseInstanceOf(CallFailed.class)
        .hasMessageContaining("refused 65 times while others were answered");
    while (!servers.inFlight().isEmpty()) {
      servers.inFlight().get(0).answer();
      time.wind(Duration.ofSeconds(2));
    }
    assertThat(asked.subList(1, 200)).allMatch(CompletableFuture::isDone);
    assertThat(client.figures().failed()).isOne();
  }

  @Test
  void whatIsWithdrawnIsNotSentAndWhatIsOnItsWayGoesOn() {
    EndpointClient client = client(LIMITS, ONE);
    List<CompletableFuture<List<ChatAnswer>>> asked = ask(client, 6);
    client.withdraw(asked.get(0));
    client.withdraw(asked.get(4));
    assertThat(asked.get(4)).isCompletedExceptionally();
    servers.sent().get(0).answer();
    assertThat(asked.get(0)).isCompleted();
    assertThat(numbers(servers.sent())).containsExactly(0, 1, 2, 3, 5);
    // One that fails on its way is not made again.
    client.withdraw(asked.get(1));
    servers.sent().get(1).fail();
    assertThat(asked.get(1)).isCompletedExceptionally();
    time.wind(Duration.ofMinutes(5));
    assertThat(numbers(servers.sent())).containsExactly(0, 1, 2, 3, 5);
    assertThat(client.figures().failed()).isZero();
    assertThat(client.figures().waiting()).isZero();
  }

  @Test
  void aRetriedCallGoesBeforeThoseThatCameLater() {
    EndpointClient client = client(LIMITS, ONE);
    ask(client, 20);
    Sent second = servers.sent().get(1);
    servers.sent().get(0).answer();
    second.fail();
    // Answered since it began: it is the call's own fault, and is tried again after about a second.
    time.wind(Duration.ofSeconds(3));
    assertThat(numbers(servers.sent())).containsExactly(0, 1, 2, 3, 4, 5);
    servers.inFlight().get(0).answer();

    assertThat(numbers(servers.sent())).containsExactly(0, 1, 2, 3, 4, 5, 1);
    assertThat(client.figures().retried()).isEqualTo(1);
  }

  @Test
  void requestsOfAMinuteAreEvenlySpacedAndSharedAmongWorkers() {
    EndpointClient client = client(rates(120, 0, 2), ONE);
    List<Long> at = new ArrayList<>();
    ask(client, 4);
    for (int second = 0; second <= 5; second++) {
      at.add((long) servers.sent().size());
      time.wind(Duration.ofSeconds(1));
    }

    assertThat(at).containsExactly(1L, 2L, 3L, 4L, 4L, 4L);
  }

  @Test
  void tokensOfAMinuteAreEstimatedBeforeAndSettledAfter() {
    // Ten tokens a second; a call is estimated at its prompt and all 64 that it may write.
    EndpointClient client = client(rates(0, 600, 1), ONE);
    ask(client, 3);
    assertThat(servers.sent()).hasSize(1);

    // It came to twelve: what it did not take is there at once.
    servers.sent().get(0).answer(10, 2, Map.of());
    assertThat(servers.sent()).hasSize(1);
    time.wind(Duration.ofMillis(300));

    assertThat(servers.sent()).hasSize(2);
    // The next is estimated by what the first came to: 10 and 2, of which one is left.
    time.wind(Duration.ofMillis(1150));
    assertThat(servers.sent()).hasSize(2);
    time.wind(Duration.ofMillis(100));
    assertThat(servers.sent()).hasSize(3);
  }

  @Test
  void aBusyServerIsGivenFewerCallsAndThePauseThatItAsksFor() {
    EndpointClient client = client(LIMITS, ONE);
    ask(client, 20);
    servers.sent().get(0).refuse(429, Map.of("retry-after", "30"));
    servers.sent().get(1).refuse(429, Map.of());
    servers.sent().get(2).answer();
    servers.sent().get(3).answer();

    time.wind(Duration.ofSeconds(29));
    assertThat(servers.sent()).hasSize(4);
    time.wind(Duration.ofSeconds(1));

    // Half of four and a little more for each answer; the refused ones first.
    assertThat(numbers(servers.inFlight())).containsExactly(0, 1);
    assertThat(client.figures().retried()).isEqualTo(2);
    assertThat(client.figures().failed()).isZero();
  }

  @Test
  void aWindowGrowsBackToItsCeiling() {
    EndpointClient client = client(LIMITS, ONE);
    ask(client, 60);
    servers.sent().get(0).refuse(503, Map.of("retry-after", "1"));
    time.wind(Duration.ofSeconds(1));
    for (int i = 0; i < 20; i++) {
      servers.inFlight().get(0).answer();
    }

    assertThat(servers.inFlight()).hasSize(4);
  }

  @Test
  void nothingIsSentWhereNothingRemainsUntilTheReset() {
    EndpointClient client = client(LIMITS, ONE);
    ask(client, 8);
    servers
        .sent()
        .get(0)
        .answer(
            10,
            5,
            Map.of("x-ratelimit-remaining-requests", "0", "x-ratelimit-reset-requests", "1m2s"));

    time.wind(Duration.ofSeconds(61));
    assertThat(servers.sent()).hasSize(4);
    time.wind(Duration.ofSeconds(1));
    assertThat(servers.sent()).hasSize(5);
    assertThat(client.figures().answered()).isEqualTo(1);
  }

  @Test
  void oneProbeDecidesForAllThatFailedTogether() {
    EndpointClient client = client(LIMITS, ONE);
    List<CompletableFuture<List<ChatAnswer>>> asked = ask(client, 4);
    int before = servers.probes();
    List<Sent> first = List.copyOf(servers.sent());
    servers.setSilent(ONE, true);
    first.forEach(Sent::fail);
    // Down: probes after 1, 2, 4, … seconds, and no call.
    time.wind(Duration.ofSeconds(7));

    assertThat(servers.probes() - before).isEqualTo(4);
    assertThat(servers.sent()).hasSize(4);
    servers.setSilent(ONE, false);
    time.wind(Duration.ofSeconds(8));
    assertThat(numbers(servers.inFlight())).containsExactly(0, 1, 2, 3);
    servers.inFlight().forEach(Sent::answer);
    assertThat(asked).allMatch(one -> one.isDone() && !one.isCompletedExceptionally());
  }

  @Test
  void aServerThatIsDownStopsTheRunExactlyAfterItsPatience() {
    EndpointClient client = client(LIMITS, ONE);
    List<CompletableFuture<List<ChatAnswer>>> asked = ask(client, 9);
    time.wind(Duration.ofMinutes(1));
    servers.setSilent(ONE, true);
    servers.sent().get(0).fail();

    time.wind(Duration.ofMinutes(10).minusNanos(1));
    assertThat(asked).noneMatch(CompletableFuture::isDone);
    time.wind(Duration.ofNanos(1));

    assertThat(asked)
        .allSatisfy(
            one ->
                assertThat(result(one))
                    .isInstanceOfSatisfying(
                        UserMistake.class,
                        mistake ->
                            assertThat(mistake)
                                .hasMessage(
                                    "no answer from http://one/v1 since 2026-01-01T00:01:00Z:"
                                        + " connection refused; 9 calls wait; run the same command"
                                        + " again when it answers")));
    // None of them failed by itself.
    assertThat(client.figures().failed()).isZero();
  }

  @Test
  void patienceBeginsAnewWithTheFirstCallAfterAWhileWithoutAny() {
    EndpointClient client = client(LIMITS, ONE);
    ask(client, 1);
    servers.sent().get(0).answer();
    servers.setSilent(ONE, true);
    CompletableFuture<List<ChatAnswer>> first = ask(client, 1).get(0);
    servers.sent().get(1).fail();
    time.wind(Duration.ofMinutes(9));
    servers.setSilent(ONE, false);
    time.wind(Duration.ofMinutes(1).minusSeconds(1));
    servers.inFlight().get(0).answer();
    assertThat(first).isCompleted();

    servers.setSilent(ONE, true);
    CompletableFuture<List<ChatAnswer>> second = ask(client, 1).get(0);
    time.wind(Duration.ofHours(5));
    assertThat(second).isNotDone();
    servers.inFlight().get(0).fail();
    time.wind(Duration.ofMinutes(9));
    assertThat(second).isNotDone();
    time.wind(Duration.ofMinutes(1));
    assertThat(result(second)).isInstanceOf(UserMistake.class);
  }

  @Test
  void callsOfOnePromptGoToOneServer() {
    EndpointClient client = client(LIMITS, ONE, TWO);
    for (int number = 0; number < 6; number++) {
      for (int index = 0; index < 3; index++) {
        assertThat(ask(client, new ChatCall(Calls.request(number), index, 1))).isNotDone();
        servers.inFlight().get(0).answer();
      }
    }

    for (int number = 0; number < 6; number++) {
      int question = number;
      assertThat(servers.sent().stream().filter(one -> one.number() == question).toList())
          .hasSize(3)
          .extracting(Sent::server)
          .containsOnly(servers.sent().get(3 * number).server());
    }
    assertThat(servers.sent()).extracting(Sent::server).contains(ONE, TWO);
  }

  @Test
  void aServerWithNothingToDoTakesCallsThatWaitForAnother() {
    EndpointClient client = client(LIMITS, ONE, TWO);
    for (int index = 0; index < 9; index++) {
      assertThat(ask(client, new ChatCall(Calls.request(1), index, 1))).isNotDone();
    }

    assertThat(servers.inFlight()).hasSize(8);
    assertThat(servers.inFlight()).extracting(Sent::server).contains(ONE, TWO);
  }

  @Test
  void callsMoveToAServerThatIsUp() {
    EndpointClient client = client(LIMITS, ONE, TWO);
    List<CompletableFuture<List<ChatAnswer>>> asked = ask(client, 8);
    servers.setSilent(ONE, true);
    List<Sent> lost = servers.inFlight().stream().filter(one -> one.server().equals(ONE)).toList();
    lost.forEach(Sent::fail);
    while (!servers.inFlight().isEmpty()) {
      servers.inFlight().get(0).answer();
    }

    assertThat(lost).isNotEmpty();
    assertThat(asked).allMatch(one -> one.isDone() && !one.isCompletedExceptionally());
    assertThat(client.figures().failed()).isZero();
  }

  @Test
  void oneServerThatIsUpKeepsTheRunGoing() {
    EndpointClient client = client(LIMITS, ONE, TWO);
    servers.setSilent(ONE, true);
    ask(client, 1);
    time.wind(Duration.ofHours(1));

    assertThat(servers.inFlight()).singleElement().extracting(Sent::server).isEqualTo(TWO);
    assertThat(client.report(Calls.request(0)).join().reached()).isTrue();
  }

  @Test
  void aRunHasSoManyRetriesForItsCallsAboveAFloor() {
    CallLimits limits =
        new CallLimits(
            4, 1, 0, 0, Duration.ofMinutes(10), 1000, 0.5, Duration.ofMinutes(10), 0, 0, 1);
    EndpointClient client = client(limits, ONE);
    CompletableFuture<List<ChatAnswer>> bad = ask(client, 1).get(0);
    // 100, and half a retry for each of one calls.
    for (int attempt = 0; attempt < 100; attempt++) {
      servers.inFlight().get(0).fail();
      assertThat(bad).isNotDone();
      time.wind(Duration.ofSeconds(80));
    }
    servers.inFlight().get(0).fail();

    assertThat(result(bad))
        .isInstanceOfSatisfying(
            UserMistake.class,
            mistake ->
                assertThat(mistake).hasMessageContaining("101 attempts had to be made again"));
  }

  @Test
  void aSpentBudgetSendsNothingMoreAndWaitsForWhatIsInFlight() {
    // Two calls fit for certain, and a third after the first came to little.
    long prompt = (long) Math.ceil(Calls.request(0).messages().get(0).getContent().length() / 3.0);
    long budget = 2 * (prompt + 64) + 5;
    EndpointClient client = client(budget(budget), ONE);
    List<CompletableFuture<List<ChatAnswer>>> asked = ask(client, 4);

    assertThat(servers.sent()).hasSize(2);
    servers.sent().get(0).answer(10, 2, Map.of());
    assertThat(servers.sent()).hasSize(3);
    servers.sent().get(1).answer((int) prompt, 64, Map.of());
    assertThat(asked.get(3)).isNotDone();
    servers.sent().get(2).answer(10, 30, Map.of());

    assertThat(asked.subList(0, 3)).allMatch(one -> !one.isCompletedExceptionally());
    assertThat(result(asked.get(3)))
        .isInstanceOfSatisfying(
            UserMistake.class,
            mistake ->
                assertThat(mistake)
                    .hasMessageStartingWith("the budget of %d tokens is spent: ".formatted(budget))
                    .hasMessageEndingWith("; run the same command again to go on"));
    assertThat(servers.sent()).hasSize(3);
    assertThat(result(ask(client, 1).get(0))).isInstanceOf(UserMistake.class);
  }

  @Test
  void aParameterThatIsNotTakenStopsTheRunWhereItWouldChangeAnswers() {
    EndpointSpec spec =
        new EndpointSpec(
            List.of(ONE),
            Calls.MODEL,
            "KEY",
            "",
            List.of(),
            Dialect.OPENAI,
            LIMITS,
            TokenPrices.NONE);
    EndpointClient client = EndpointClient.open(spec, name -> Optional.empty(), time, servers);
    SamplingParameters topK = new SamplingParameters(1, 1, 20, 0, List.of(), 64);
    CompletableFuture<List<ChatAnswer>> asked =
        ask(client, new ChatCall(Calls.request(0, topK, false), 0, 1));

    assertThat(result(asked))
        .isInstanceOfSatisfying(
            UserMistake.class,
            mistake -> assertThat(mistake).hasMessageStartingWith(ONE + " does not take top_k ("));
    assertThat(servers.sent()).isEmpty();
  }

  @Test
  void aCallThatIsWithdrawnWhileItIsSentIsAnswered() {
    EndpointClient client = client(LIMITS, ONE);
    CompletableFuture<List<ChatAnswer>> asked = client.ask(new ChatCall(Calls.request(0), 0, 1));
    servers.atSending(() -> client.withdraw(asked));
    time.settle();
    assertThat(asked).isNotDone();
    servers.sent().get(0).answer();

    assertThat(asked).isCompleted();
    assertThat(client.figures().answered()).isEqualTo(1);
  }

  @Test
  void closingCancelsWhatWasNotAnswered() {
    EndpointClient client = client(LIMITS, ONE);
    List<CompletableFuture<List<ChatAnswer>>> asked = ask(client, 6);
    List<Sent> inFlight = servers.inFlight();
    client.close();

    assertThat(asked).allMatch(CompletableFuture::isCancelled);
    assertThat(inFlight).allMatch(one -> one.reply().isCancelled());
  }

  private EndpointClient client(CallLimits limits, String... urls) {
    return EndpointClient.open(
        Calls.spec(List.of(urls), limits), name -> Optional.empty(), time, servers);
  }

  private List<CompletableFuture<List<ChatAnswer>>> ask(ChatClient client, int calls) {
    List<CompletableFuture<List<ChatAnswer>>> asked =
        IntStream.range(0, calls)
            .mapToObj(i -> client.ask(new ChatCall(Calls.request(i), 0, 1)))
            .toList();
    time.settle();
    return asked;
  }

  private CompletableFuture<List<ChatAnswer>> ask(ChatClient client, ChatCall call) {
    CompletableFuture<List<ChatAnswer>> asked = client.ask(call);
    time.settle();
    return asked;
  }

  private static Object result(CompletableFuture<List<ChatAnswer>> asked) {
    assertThat(asked).isDone();
    return Calls.result(asked);
  }

  private static List<Integer> numbers(List<Sent> sent) {
    return sent.stream().map(Sent::number).toList();
  }

  private static CallLimits rates(int requests, long tokens, int workers) {
    return new CallLimits(
        4,
        1,
        requests,
        tokens,
        Duration.ofMinutes(10),
        2,
        0.5,
        Duration.ofMinutes(10),
        0,
        0,
        workers);
  }

  private static CallLimits budget(long tokens) {
    return new CallLimits(
        4, 1, 0, 0, Duration.ofMinutes(10), 2, 0.5, Duration.ofMinutes(10), tokens, 0, 1);
  }
}
