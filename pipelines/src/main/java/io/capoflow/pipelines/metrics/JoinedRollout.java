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
 * @param critiques ordered by index
 */
record JoinedRollout(
    Rollout rollout,
    Verdict verdict,
    int steps,
    CreditedRollout credited,
    List<Critique> critiques,
    Optional<StepVotes> votes,
    Optional<SolutionTruth> truth) {
  boolean right() {
    return verdict.getOutcome() == 1;
  }

  int tokens() {
    return rollout.getResponseTokenIds().size();
  }

  /**
   * Joins the rows of some rollouts.
   *
   * @throws IllegalArgumentException when a rollout lacks its verdict or its credit
   */
  static List<JoinedRollout> join(
      StoredIteration rows, StepSplitter splitter, SolutionTruths truths) {
    Map<String, Verdict> verdicts = byRollout(rows.verdicts(), Verdict::getRolloutId);
    Map<String, CreditedRollout> credits = byRollout(rows.credits(), CreditedRollout::getRolloutId);
    Map<String, StepVotes> votes = byRollout(rows.votes(), StepVotes::getRolloutId);
    Map<String, List<Critique>> critiques =
        rows.critiques().stream()
            .sorted(Comparator.comparingInt(Critique::getCritiqueIndex))
            .collect(Collectors.groupingBy(Critique::getRolloutId));
    List<JoinedRollout> joined = new ArrayList<>();
    for (Rollout rollout : rows.rollouts()) {
      String id = rollout.getRolloutId();
      joined.add(
          new JoinedRollout(
              rollout,
              required(verdicts, id, "verdict"),
              StepTokens.of(rollout, splitter).steps().size(),
              required(credits, id, "credit"),
              critiques.getOrDefault(id, List.of()),
              Optional.ofNullable(votes.get(id)),
              truths.of(rollout)));
    }
    return List.copyOf(joined);
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
