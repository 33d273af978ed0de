package io.capoflow.pipelines.metrics;

import io.capoflow.models.steps.StepSplitter;
import io.capoflow.models.steps.StepTokens;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.Verdict;
import io.capoflow.worlds.truth.SolutionTruth;
import io.capoflow.worlds.truth.SolutionTruths;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A rollout with all that was said of it.
 *
 * @param steps steps that the splitter finds
 * @param lastStepCut the length limit cut the last step, which then loses nothing
 * @param longer longer than the median response
 * @param critiques ordered by index
 */
record JoinedRollout(
    Rollout rollout,
    boolean right,
    int steps,
    boolean lastStepCut,
    boolean longer,
    CreditedRollout credited,
    List<Critique> critiques,
    Optional<StepVotes> votes,
    Optional<SolutionTruth> truth) {
  int tokens() {
    return rollout.getResponseTokenIds().size();
  }

  String problemId() {
    return rollout.getProblem().getProblemId();
  }

  /**
   * Joins an iteration's rows, ordered by rollout id so that sums do not depend on the files.
   *
   * @throws IllegalArgumentException when a rollout lacks its verdict or its credit
   */
  static List<JoinedRollout> join(StoredIteration rows, StepSplitter splitter) {
    Map<String, Verdict> verdicts = byRollout(rows.verdicts(), Verdict::getRolloutId);
    Map<String, CreditedRollout> credits = byRollout(rows.credits(), CreditedRollout::getRolloutId);
    Map<String, StepVotes> votes = byRollout(rows.votes(), StepVotes::getRolloutId);
    Map<String, List<Critique>> critiques =
        rows.critiques().stream()
            .sorted(Comparator.comparingInt(Critique::getCritiqueIndex))
            .collect(Collectors.groupingBy(Critique::getRolloutId));
    SolutionTruths truths = new SolutionTruths(splitter);
    int median = medianTokens(rows.rollouts());
    List<JoinedRollout> joined = new ArrayList<>();
    for (Rollout rollout :
        rows.rollouts().stream().sorted(Comparator.comparing(Rollout::getRolloutId)).toList()) {
      String id = rollout.getRolloutId();
      StepTokens steps = StepTokens.of(rollout, splitter);
      joined.add(
          new JoinedRollout(
              rollout,
              required(verdicts, id, "verdict").getOutcome() == 1,
              steps.steps().size(),
              steps.lastStepCut(),
              rollout.getResponseTokenIds().size() > median,
              required(credits, id, "credit"),
              critiques.getOrDefault(id, List.of()),
              Optional.ofNullable(votes.get(id)),
              truths.of(rollout)));
    }
    return List.copyOf(joined);
  }

  /** The lower median; 0 where there is nothing. */
  private static int medianTokens(List<Rollout> rollouts) {
    List<Integer> lengths =
        rollouts.stream().map(rollout -> rollout.getResponseTokenIds().size()).sorted().toList();
    return lengths.isEmpty() ? 0 : lengths.get((lengths.size() - 1) / 2);
  }

  private static <T> Map<String, T> byRollout(List<T> rows, Function<T, String> rolloutId) {
    Map<String, T> byId = new HashMap<>();
    for (T row : rows) {
      if (byId.put(rolloutId.apply(row), row) != null) {
        throw new IllegalArgumentException("two rows of one kind for " + rolloutId.apply(row));
      }
    }
    return byId;
  }

  private static <T> T required(Map<String, T> rows, String id, String kind) {
    T row = rows.get(id);
    if (row == null) {
      throw new IllegalArgumentException("rollout " + id + " has no " + kind);
    }
    return row;
  }
}
