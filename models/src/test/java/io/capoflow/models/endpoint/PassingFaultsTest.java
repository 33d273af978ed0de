package io.capoflow.models.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.stub.StubFault;
import io.capoflow.models.stub.StubSchedule;
import io.capoflow.models.stub.StubServer;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Over real sockets: what passes leaves no trace in the answers. */
class PassingFaultsTest {
  private static final Duration PATIENCE = Duration.ofHours(1);
  private static final int RETRIES = 5;

  /**
   * The schedule breaks a call three times. A machine that is busy breaks more: half a minute of
   * the fast clock is a second of its own.
   */
  private static final int RETRIES_OF_MANY = 30;

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {
        "UNAUTHORIZED",
        "FORBIDDEN",
        "PAYMENT_REQUIRED",
        "INSUFFICIENT_QUOTA",
        "UNKNOWN_MODEL",
        "REDIRECT",
        "CONTEXT_LENGTH",
        "CONTEXT_LENGTH_VLLM",
        "FILTERED_PROMPT",
        "BAD_REQUEST",
        "CONTENT_FILTER",
        "REFUSAL",
        "LENGTH",
        "WRONG_MODEL"
      })
  void isAsThoughItHadNotBeen(StubFault fault) {
    int calls = 8;
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(server)) {
      List<Object> whole = Calls.ask(client, calls);
      CallFigures before = client.figures();
      server.with(secondTime(fault));

      List<Object> again = Calls.ask(client, calls);

      assertThat(again).isEqualTo(whole);
      CallFigures figures = client.figures().since(before);
      assertThat(figures.answered()).isEqualTo(calls);
      assertThat(figures.failed()).isZero();
      assertThat(figures.retried()).isGreaterThanOrEqualTo(calls);
      assertThat(figures.inFlight() + figures.waiting()).isZero();
      assertThat(server.met()).containsEntry(fault, calls);
    }
  }

  @Test
  void isAsThoughItHadNotBeenForAllFaultsTogether() {
    int calls = 200;
    Set<StubFault> lasting = EnumSet.range(StubFault.UNAUTHORIZED, StubFault.WRONG_MODEL);
    List<StubFault> passing = List.copyOf(EnumSet.complementOf(EnumSet.copyOf(lasting)));
    List<Object> whole;
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(server)) {
      whole = Calls.ask(client, calls);
    }
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(server, RETRIES_OF_MANY)) {
      server.with(StubSchedule.passing(7, 0.5, 3, passing));

      assertThat(Calls.ask(client, calls)).isEqualTo(whole);

      assertThat(client.figures().failed()).isZero();
      assertThat(server.met().keySet()).containsExactlyInAnyOrderElementsOf(passing);
    }
  }

  @Test
  void aServerThatIsAwayForAWhileIsWaitedFor() {
    try (StubServer server = StubServer.start(Calls.MODEL);
        EndpointClient client = client(server)) {
      List<Object> whole = Calls.ask(client, 4);
      server.stop();
      var asked = client.ask(Calls.call(0));
      // Whether it is refused now or later: what counts is that nothing comes before it is back.
      assertThat(asked).isNotDone();
      server.resume();

      assertThat(Calls.result(asked)).isEqualTo(whole.get(0));
      assertThat(client.figures().failed()).isZero();
    }
  }

  /** Requests were asked once already. */
  private static StubSchedule secondTime(StubFault fault) {
    return StubSchedule.calls(
        (request, attempt) -> attempt == 1 ? Optional.of(fault) : Optional.empty());
  }

  private static EndpointClient client(StubServer server) {
    return client(server, RETRIES);
  }

  private static EndpointClient client(StubServer server, int retries) {
    return EndpointClient.open(
        Calls.spec(List.of(server.url()), Calls.limits(PATIENCE, retries)),
        name -> Optional.empty(),
        new FastTime(30));
  }
}
