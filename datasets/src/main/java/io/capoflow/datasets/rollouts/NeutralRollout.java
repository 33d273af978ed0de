package io.capoflow.datasets.rollouts;

import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import java.util.List;

/**
 * A rollout of which its source says no more than a problem and a response: no tokens, greedy
 * sampling, an unknown policy, ended by itself. Stateless and thread-safe.
 */
final class NeutralRollout {
  /** As the policy is called. */
  private static final String POLICY = "given";

  private NeutralRollout() {}

  /** Without ids, see {@link RolloutIdentity}. */
  static Rollout of(Problem problem, GivenResponse response) {
    return Rollout.newBuilder()
        .setRunId("")
        .setIteration(0)
        .setProblem(problem)
        .setSampleIndex(0)
        .setRolloutId("")
        .setPromptTokenIds(List.of())
        .setResponseTokenIds(List.of())
        .setResponse(response.text())
        .setTokenEnds(List.of())
        .setBehaviourLogprobs(List.of())
        .setFinishReason(FinishReason.STOP.text())
        .setPolicyVersion(POLICY)
        .setTemperature(0)
        .setTopP(1)
        .setMaxNewTokens(0)
        .setSeed(0)
        .setGivenSteps(response.steps().orElse(null))
        .build();
  }

  /** Whether a rollout was made here, and so has no sample index of its own. */
  static boolean is(Rollout rollout) {
    return rollout.getPolicyVersion().equals(POLICY);
  }
}
