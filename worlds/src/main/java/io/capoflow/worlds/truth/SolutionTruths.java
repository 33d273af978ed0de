package io.capoflow.worlds.truth;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.steps.RolloutSteps;
import io.capoflow.models.steps.StepSplitter;
import io.capoflow.schemas.Rollout;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The ground truth of rollouts' steps, where the source of a problem has an oracle. Thread-safe.
 */
public final class SolutionTruths {
  private final StepSplitter splitter;
  private final Map<String, Optional<StepOracle>> oracles = new ConcurrentHashMap<>();

  /**
   * @param splitter the one that numbers the steps everywhere else
   */
  public SolutionTruths(StepSplitter splitter) {
    this.splitter = requireNonNull(splitter, "splitter");
  }

  /** What is true of every step of the response; empty where no oracle knows its problem. */
  public Optional<SolutionTruth> of(Rollout rollout) {
    return oracles
        .computeIfAbsent(rollout.getProblem().getSource(), StepOracle::of)
        .flatMap(
            oracle -> oracle.judge(rollout.getProblem(), RolloutSteps.texts(rollout, splitter)));
  }
}
