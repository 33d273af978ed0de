package io.capoflow.runners.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.runtime.rest.util.RestClientException;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpResponseStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PatienceTest {
  private final List<String> notices = new ArrayList<>();
  private final Deque<CompletableFuture<String>> answers = new ArrayDeque<>();

  @Test
  void whoDoesNotAnswerIsAskedAgain() {
    answers.add(CompletableFuture.failedFuture(new ConnectException("refused")));
    answers.add(refusal(HttpResponseStatus.SERVICE_UNAVAILABLE));
    answers.add(CompletableFuture.completedFuture("yes"));
    String answer = patience(Duration.ofHours(1)).answered(answers::remove);
    assertThat(answer).isEqualTo("yes");
    assertThat(notices)
        .containsExactly(
            "the cluster does not answer (connection refused); waiting for it, 3600 s at most",
            "the cluster answers again");
  }

  @Test
  void whoSaysNoIsNotAskedAgain() {
    answers.add(refusal(HttpResponseStatus.SERVICE_UNAVAILABLE));
    answers.add(refusal(HttpResponseStatus.BAD_REQUEST));
    Patience patience = patience(Duration.ofHours(1));
    assertThatThrownBy(() -> patience.answered(answers::remove))
        .isInstanceOf(IllegalStateException.class)
        .hasRootCauseInstanceOf(RestClientException.class);
    assertThat(notices).hasSize(2).last().isEqualTo("the cluster answers again");
  }

  @Test
  void patienceHasAnEnd() {
    assertThatThrownBy(
            () ->
                patience(Duration.ZERO)
                    .answered(
                        () -> CompletableFuture.failedFuture(new ConnectException("refused"))))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "the cluster has not answered for 0 s (connection refused): nothing that is committed is lost; run the same command again when it is back");
  }

  @Test
  void whoClosesWaitsNoLonger() {
    Patience patience = patience(Duration.ofHours(1));
    assertThatThrownBy(
            () ->
                patience.answered(
                    () -> {
                      patience.close();
                      return CompletableFuture.failedFuture(new ConnectException("refused"));
                    }))
        .isInstanceOf(CancellationException.class);
  }

  private Patience patience(Duration limit) {
    return new Patience("the cluster", limit, notices::add);
  }

  private static CompletableFuture<String> refusal(HttpResponseStatus status) {
    return CompletableFuture.failedFuture(new RestClientException("no", status));
  }
}
