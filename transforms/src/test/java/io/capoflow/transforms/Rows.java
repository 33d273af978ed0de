package io.capoflow.transforms;

import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.Verdict;
import java.util.List;
import java.util.Map;

/** Small rows for tests. */
public final class Rows {
  private Rows() {}

  public static Problem problem(String id) {
    return Problem.newBuilder()
        .setProblemId(id)
        .setPrompt(List.of(new Message("user", "Start at 74. Add 6 to " + id + ".")))
        .setAnswer("80")
        .setSource("test")
        .setMetadata(Map.of("b", "2", "a", "1"))
        .build();
  }

  public static Rollout rollout(int iteration, String problemId, int sample, String response) {
    return Rollout.newBuilder()
        .setRunId("run")
        .setIteration(iteration)
        .setProblem(problem(problemId))
        .setSampleIndex(sample)
        .setRolloutId(Keys.rolloutId(iteration, problemId, sample))
        .setPromptTokenIds(List.of(1, 2, 3))
        .setResponseTokenIds(List.of(4, 5, 2))
        .setResponse(response)
        .setTokenEnds(
            List.of(
                1,
                response.codePointCount(0, response.length()),
                response.codePointCount(0, response.length())))
        .setBehaviourLogprobs(List.of(-0.5f, -0.25f, -1e-7f))
        .setFinishReason("stop")
        .setPolicyVersion("v00000")
        .setTemperature(1)
        .setTopP(1)
        .setMaxNewTokens(16)
        .setSeed(7)
        .build();
  }

  public static Verdict verdict(int iteration, String problemId, int sample, int outcome) {
    return Verdict.newBuilder()
        .setIteration(iteration)
        .setProblemId(problemId)
        .setSampleIndex(sample)
        .setRolloutId(Keys.rolloutId(iteration, problemId, sample))
        .setOutcome(outcome)
        .setReason(outcome == 1 ? "CORRECT" : "WRONG")
        .setGoldType("integer")
        .setRoute("test")
        .setVerifier("test")
        .setOptionsDigest("")
        .setMicros(5)
        .build();
  }
}
