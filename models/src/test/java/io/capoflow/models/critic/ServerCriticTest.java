package io.capoflow.models.critic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.critic.ServedFakes.FakeClient;
import io.capoflow.models.critic.ServedFakes.MemoryJournal;
import io.capoflow.models.endpoint.CallFailed;
import io.capoflow.models.endpoint.ChatClient;
import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.models.endpoint.EndpointSpec;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.JsonObject;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Pending;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ServerCriticTest {
  private static final String NO = "Judgment: No\n<incorrect_steps>1</incorrect_steps>";
  private static final ServerCriticSpec SPEC = spec("critic", JsonObject.EMPTY);

  private final FakeClient client = new FakeClient();
  private final MemoryJournal journal = new MemoryJournal();
  private final Critic critic = new ServerCritic(SPEC, lease());

  @Test
  void anAnswerIsReadAndItsReasoningIsNot() {
    Pending<Critique> critiques = critic.critique(List.of(rollout(0, "a", "1\n\n2")), 1, 3);
    assertThat(critiques.parts()).hasSize(1);
    client.answer(
        0,
        ServedFakes.answer(
            NO,
            FinishReason.STOP,
            Optional.of("<incorrect_steps>0</incorrect_steps> Judgment: Yes")));
    journal.force();
    Critique critique = critiques.await().get(0);
    assertThat(critique.getText()).isEqualTo(NO);
    assertThat(critique.getWrongSteps()).containsExactly(1);
    assertThat(critique.getJudgment()).isEqualTo("no");
    assertThat(critique.getVoidReason()).isNull();
    assertThat(critique.getReasoning()).startsWith("<incorrect_steps>0");
    assertThat(critique.getResponder()).isEqualTo("critic f1");
    assertThat(critique.getPromptTokens()).isEqualTo(10);
    assertThat(critique.getCachedTokens()).isEqualTo(4);
    assertThat(critique.getTokens()).isEqualTo(3);
    assertThat(critique.getReasoningTokens()).isEqualTo(1);
    assertThat(critique.getLogprobs()).isNull();
    assertThat(critique.getCritic()).isEqualTo(SPEC.identity());
    assertThat(critique.getSeed()).isEqualTo(client.calls().get(0).seed());
  }

  @Test
  void answersThatAreNoTextAreVoidWithTheirReason() {
    Pending<Critique> critiques = critic.critique(List.of(rollout(0, "a", "1\n\n2")), 4, 3);
    client.answer(0, ServedFakes.answer(NO, FinishReason.LENGTH, Optional.empty()));
    client.answer(1, ServedFakes.answer("", FinishReason.CONTENT_FILTER, Optional.empty()));
    client.answer(2, ServedFakes.answer("", FinishReason.CONTEXT_LENGTH, Optional.empty()));
    client.fail(3, new CallFailed("HTTP 500 five times"));
    journal.force();
    assertThat(critiques.await())
        .extracting(Critique::getVoidReason)
        .containsExactly("CUT", "CONTENT_FILTER", "CONTEXT_LENGTH", "FAILED");
    assertThat(critiques.await())
        .extracting(Critique::getFailure)
        .containsExactly(null, null, null, "HTTP 500 five times");
    assertThat(critiques.await()).allSatisfy(row -> assertThat(row.getWrongSteps()).isEmpty());
    assertThat(journal.size()).isEqualTo(3);
  }

  @Test
  void whatEndsTheEndpointEndsTheShard() {
    Pending<Critique> critiques = critic.critique(List.of(rollout(0, "a", "1")), 2, 3);
    client.answer(0, NO);
    client.fail(1, new UserMistake("the key is refused"));
    journal.force();
    assertThatThrownBy(critiques::await)
        .isInstanceOf(UserMistake.class)
        .hasMessage("the key is refused");
  }

  @Test
  void aResponseWithoutStepsIsNotAskedAbout() {
    List<Critique> critiques = critic.critique(List.of(rollout(0, "a", "")), 2, 3).await();
    assertThat(critiques)
        .extracting(Critique::getVoidReason)
        .containsExactly("NO_STEPS", "NO_STEPS");
    assertThat(client.calls()).isEmpty();
  }

  /** Rollouts that came to another iteration, problem or place cost nothing. */
  @Test
  void equalPromptsShareTheirAnswers() {
    Pending<Critique> first = critic.critique(List.of(rollout(0, "a", "1\n\n2")), 2, 3);
    Pending<Critique> second = critic.critique(List.of(rollout(7, "b", "1\n\n2")), 2, 3);
    assertThat(client.calls()).hasSize(2);
    client.answer(0, NO);
    client.answer(1, "other");
    journal.force();
    assertThat(second.await()).extracting(Critique::getText).containsExactly(NO, "other");
    assertThat(first.await()).extracting(Critique::getIteration).containsOnly(0);
    assertThat(second.await()).extracting(Critique::getIteration).containsOnly(7);
  }

  @Test
  void theSeedDependsOnTheRunsSeedThePromptAndTheIndex() {
    CritiqueRequests requests = new CritiqueRequests(SPEC);
    int seed = requests.of(rollout(0, "a", "1"), 3).orElseThrow().seed();
    assertThat(requests.of(rollout(5, "c", "1"), 3).orElseThrow().seed()).isEqualTo(seed);
    assertThat(requests.of(rollout(0, "a", "1"), 4).orElseThrow().seed()).isNotEqualTo(seed);
    assertThat(requests.of(rollout(0, "a", "2"), 3).orElseThrow().seed()).isNotEqualTo(seed);
    critic.critique(List.of(rollout(0, "a", "1")), 2, 3);
    assertThat(client.calls()).extracting(call -> call.seed()).containsExactly(seed, seed + 1);
  }

  @Test
  void whereItIsAndHowItIsCalledIsNoPartOfWhatItIs() {
    ServerCriticSpec elsewhere =
        new ServerCriticSpec(
            EndpointSpec.of("http://b/v1", "critic"),
            () -> new MemoryJournal(),
            SPEC.asked(),
            SPEC.splitter(),
            SPEC.sampling(),
            false,
            JsonObject.EMPTY);
    assertThat(elsewhere.identity()).isEqualTo(SPEC.identity());
    assertThat(request(elsewhere).digest()).isEqualTo(request(SPEC).digest());
    for (ServerCriticSpec other :
        List.of(
            spec("another", JsonObject.EMPTY),
            spec("critic", new JsonObject("{\"reasoning_effort\":\"low\"}")))) {
      assertThat(other.identity()).isNotEqualTo(SPEC.identity());
      assertThat(request(other).digest()).isNotEqualTo(request(SPEC).digest());
    }
  }

  private static ChatRequest request(ServerCriticSpec spec) {
    return new CritiqueRequests(spec).of(rollout(0, "a", "1"), 3).orElseThrow();
  }

  private static ServerCriticSpec spec(String model, JsonObject extraBody) {
    return new ServerCriticSpec(
        EndpointSpec.of("http://a/v1", model),
        () -> new MemoryJournal(),
        CritiquePrompt.of("capo"),
        "blank_line",
        new SamplingParameters(0.7, 0.9, 64),
        false,
        extraBody);
  }

  private JournaledChats.Lease lease() {
    JournaledChat chat = new JournaledChat(client, journal, 1);
    return new JournaledChats.Lease() {
      @Override
      public JournaledChat chat() {
        return chat;
      }

      @Override
      public ChatClient client() {
        return client;
      }

      @Override
      public void close() {}
    };
  }

  private static Rollout rollout(int iteration, String problem, String response) {
    return Rollout.newBuilder()
        .setRunId("r")
        .setIteration(iteration)
        .setProblem(
            Problem.newBuilder()
                .setProblemId(problem)
                .setPrompt(List.of(new Message("user", "What is 1 + 1?")))
                .setAnswer("2")
                .setSource("test")
                .build())
        .setSampleIndex(0)
        .setRolloutId(iteration + "/" + problem)
        .setPromptTokenIds(List.of())
        .setResponseTokenIds(List.of())
        .setResponse(response)
        .setTokenEnds(List.of())
        .setBehaviourLogprobs(List.of())
        .setFinishReason("stop")
        .setPolicyVersion("v00000")
        .setTemperature(1)
        .setTopP(1)
        .setMaxNewTokens(8)
        .setSeed(0)
        .build();
  }
}
