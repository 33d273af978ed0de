package io.capoflow.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The texts are in every run ever made: they stay. */
final class ColumnTextsTest {
  @Test
  void textsAreThoseOfEarlierRuns() {
    assertThat(FinishReason.values())
        .extracting(FinishReason::text)
        .containsExactly("stop", "length", "content_filter", "context_length");
    assertThat(Judgment.values()).extracting(Judgment::text).containsExactly("yes", "no");
  }

  @ParameterizedTest
  @EnumSource
  void aFinishReasonIsReadAsItWasWritten(FinishReason reason) {
    assertThat(FinishReason.of(rollout(reason.text()))).isEqualTo(reason);
  }

  @ParameterizedTest
  @EnumSource
  void aJudgmentIsReadAsItWasWritten(Judgment judgment) {
    assertThat(Judgment.of(critique(judgment.text()))).contains(judgment);
  }

  @Test
  void aCritiqueWithoutAJudgmentHasNone() {
    assertThat(Judgment.of(critique(null))).isEmpty();
  }

  @Test
  void aTextThatNothingWritesNamesTheRowAndTheColumn() {
    assertThatThrownBy(() -> FinishReason.of(rollout("STOP")))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "rollout 00003/p/001: finish_reason is 'STOP', which this version does not know, only"
                + " stop, length, content_filter, context_length; read the file with the version that wrote it");
    assertThatThrownBy(() -> Judgment.of(critique("maybe")))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "critique 2 of 00003/p/001: judgment is 'maybe', which this version does not know,"
                + " only yes, no; read the file with the version that wrote it");
  }

  private static Rollout rollout(String finishReason) {
    return Rollout.newBuilder()
        .setRunId("r")
        .setIteration(3)
        .setProblem(
            Problem.newBuilder()
                .setProblemId("p")
                .setPrompt(List.of())
                .setAnswer("1")
                .setSource("test")
                .setMetadata(Map.of())
                .build())
        .setSampleIndex(1)
        .setRolloutId("00003/p/001")
        .setPromptTokenIds(List.of())
        .setResponseTokenIds(List.of())
        .setResponse("")
        .setTokenEnds(List.of())
        .setBehaviourLogprobs(List.of())
        .setFinishReason(finishReason)
        .setPolicyVersion("v00003")
        .setTemperature(1)
        .setTopP(1)
        .setMaxNewTokens(1)
        .setSeed(0)
        .build();
  }

  private static Critique critique(String judgment) {
    return Critique.newBuilder()
        .setIteration(3)
        .setProblemId("p")
        .setSampleIndex(1)
        .setRolloutId("00003/p/001")
        .setCritiqueIndex(2)
        .setCritic("c")
        .setPromptTemplate("t")
        .setText("")
        .setJudgment(judgment)
        .setWrongSteps(List.of())
        .setDroppedIndices(0)
        .setPromptTokens(0)
        .setTokens(0)
        .setFinishReason("stop")
        .setMillis(0)
        .setSeed(0)
        .build();
  }
}
