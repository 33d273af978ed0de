package io.capoflow.models.steps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepSpan;
import java.util.List;
import org.junit.jupiter.api.Test;

class RolloutStepsTest {
  static {
    RecordClasses.trust();
  }

  private static final StepSplitter SPLITTER = new BlankLineSplitter();

  @Test
  void givenStepsStandAsTheyWereGiven() {
    Rollout rollout = rollout("😀 a\n\nb\n\n c ", new StepSpan(0, 6), new StepSpan(8, 11));

    assertThat(RolloutSteps.of(rollout, SPLITTER))
        .containsExactly(new Step(0, 0, 6), new Step(1, 8, 11));
    assertThat(RolloutSteps.texts(rollout, SPLITTER)).containsExactly("😀 a\n\nb", " c ");
  }

  @Test
  void aBareResponseIsSplit() {
    Rollout rollout = Rollout.newBuilder(rollout("a\n\nb")).setGivenSteps(null).build();

    assertThat(RolloutSteps.texts(rollout, SPLITTER)).containsExactly("a", "b");
  }

  @Test
  void noGivenStepsAreNoSteps() {
    assertThat(RolloutSteps.of(rollout("a\n\nb"), SPLITTER)).isEmpty();
  }

  @Test
  void tokensBelongToGivenStepsAndTheLastOneIsWhole() {
    Rollout rollout =
        Rollout.newBuilder(rollout("a\n\nb\n\nc", new StepSpan(0, 4), new StepSpan(6, 7)))
            .setResponseTokenIds(List.of(1, 2, 3))
            .setTokenEnds(List.of(1, 4, 7))
            .setFinishReason("length")
            .build();

    StepTokens tokens = StepTokens.of(rollout, SPLITTER);

    assertThat(tokens.spans())
        .containsExactly(new StepTokens.TokenSpan(0, 2), new StepTokens.TokenSpan(2, 3));
    assertThat(tokens.lastStepCut()).isFalse();
  }

  @Test
  void stepsThatOverlapOrPassTheEndAreRefused() {
    assertThatThrownBy(
            () ->
                RolloutSteps.of(rollout("abcd", new StepSpan(0, 3), new StepSpan(2, 4)), SPLITTER))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("given step 1 of r is [2, 4) of 4 code points, after one that ends at 3");
    assertThatThrownBy(() -> RolloutSteps.of(rollout("ab", new StepSpan(1, 3)), SPLITTER))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> RolloutSteps.of(rollout("ab", new StepSpan(1, 1)), SPLITTER))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Rollout rollout(String response, StepSpan... steps) {
    return Rollout.newBuilder()
        .setRunId("")
        .setIteration(0)
        .setProblem(
            Problem.newBuilder()
                .setProblemId("p")
                .setPrompt(List.of())
                .setAnswer("")
                .setSource("test")
                .build())
        .setSampleIndex(0)
        .setRolloutId("r")
        .setPromptTokenIds(List.of())
        .setResponseTokenIds(List.of())
        .setResponse(response)
        .setTokenEnds(List.of())
        .setBehaviourLogprobs(List.of())
        .setFinishReason("stop")
        .setPolicyVersion("given")
        .setTemperature(0)
        .setTopP(1)
        .setMaxNewTokens(0)
        .setSeed(0)
        .setGivenSteps(List.of(steps))
        .build();
  }
}
