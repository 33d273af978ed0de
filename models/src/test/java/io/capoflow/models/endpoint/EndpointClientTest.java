package io.capoflow.models.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.stub.StubServer;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.Message;
import java.util.List;
import org.junit.jupiter.api.Test;

class EndpointClientTest {
  private static final SamplingParameters SAMPLING = new SamplingParameters(0.7, 0.9, 64);

  @Test
  void choicesOfOneCallAreTheAnswersOfSingleCalls() {
    try (StubServer server = StubServer.start("critic");
        Endpoints.Lease lease = Endpoints.lease(EndpointSpec.of(server.url(), "critic"))) {
      ChatRequest request =
          new ChatRequest(
              "critic",
              List.of(new Message("user", "<step_0>a</step_0> <step_1>b</step_1>")),
              SAMPLING,
              true,
              "{}",
              41);

      List<ChatAnswer> together = lease.client().ask(new ChatCall(request, 0, 2)).join();
      ChatAnswer second = lease.client().ask(new ChatCall(request, 1, 1)).join().get(0);

      assertThat(together).hasSize(2);
      assertThat(together.get(1).text()).isEqualTo(second.text()).contains("I looked at 2 steps");
      assertThat(together.get(0).text()).isNotEqualTo(second.text());
      assertThat(together.get(1).logprobs()).isEqualTo(second.logprobs()).isNotEmpty();
      assertThat(second.finish()).isEqualTo(FinishReason.STOP);
    }
  }
}
