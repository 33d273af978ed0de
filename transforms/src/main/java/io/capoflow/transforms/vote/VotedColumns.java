package io.capoflow.transforms.vote;

import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import java.util.List;
import java.util.Map;

/**
 * Rows with the columns that {@link StepVoting} looks at, the others empty: what critics wrote and
 * thought, and what the policy drew, would be most of the bytes that a vote brings together.
 * Stateless and thread-safe.
 */
final class VotedColumns {
  private VotedColumns() {}

  /** The response, where its tokens end, why it ended, and given steps. */
  static Rollout of(Rollout rollout) {
    return Rollout.newBuilder()
        .setRunId("")
        .setIteration(rollout.getIteration())
        .setProblem(
            Problem.newBuilder()
                .setProblemId(rollout.getProblem().getProblemId())
                .setPrompt(List.of())
                .setAnswer("")
                .setSource("")
                .setMetadata(Map.of())
                .build())
        .setSampleIndex(rollout.getSampleIndex())
        .setRolloutId(rollout.getRolloutId())
        .setPromptTokenIds(List.of())
        .setResponseTokenIds(List.of())
        .setResponse(rollout.getResponse())
        .setTokenEnds(rollout.getTokenEnds())
        .setBehaviourLogprobs(List.of())
        .setFinishReason(rollout.getFinishReason())
        .setPolicyVersion("")
        .setTemperature(0)
        .setTopP(0)
        .setMaxNewTokens(0)
        .setSeed(0)
        .setGivenSteps(rollout.getGivenSteps())
        .build();
  }

  /** Whose critique it is, whether it votes, and for what. */
  static Critique of(Critique critique) {
    return Critique.newBuilder()
        .setIteration(critique.getIteration())
        .setProblemId(critique.getProblemId())
        .setSampleIndex(critique.getSampleIndex())
        .setRolloutId(critique.getRolloutId())
        .setCritiqueIndex(critique.getCritiqueIndex())
        .setCritic("")
        .setPromptTemplate("")
        .setText("")
        .setJudgment(critique.getJudgment())
        .setWrongSteps(critique.getWrongSteps())
        .setDroppedIndices(0)
        .setVoidReason(critique.getVoidReason())
        .setPromptTokens(0)
        .setTokens(0)
        .setFinishReason("")
        .setMillis(0)
        .setSeed(0)
        .build();
  }
}
