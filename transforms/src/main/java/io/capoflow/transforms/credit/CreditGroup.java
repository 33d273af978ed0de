package io.capoflow.transforms.credit;

import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Puts together what is known of each rollout of one problem. */
final class CreditGroup {
  private CreditGroup() {}

  /** The group where critics were asked: every rollout has a verdict and votes. */
  static List<Evidence> of(
      Iterable<Rollout> rollouts, Iterable<Verdict> verdicts, Iterable<StepVotes> votes) {
    Map<String, StepVotes> votesOf = byRollout(votes, StepVotes::getRolloutId, "votes");
    return of(rollouts, verdicts, id -> Optional.of(only(votesOf, id, "votes")));
  }

  /** The group where no critic was asked. */
  static List<Evidence> of(Iterable<Rollout> rollouts, Iterable<Verdict> verdicts) {
    return of(rollouts, verdicts, id -> Optional.empty());
  }

  private static List<Evidence> of(
      Iterable<Rollout> rollouts,
      Iterable<Verdict> verdicts,
      Function<String, Optional<StepVotes>> votes) {
    Map<String, Verdict> verdictOf = byRollout(verdicts, Verdict::getRolloutId, "verdict");
    List<Rollout> ordered = new ArrayList<>();
    rollouts.forEach(ordered::add);
    ordered.sort(Comparator.comparingInt(Rollout::getSampleIndex));
    return ordered.stream()
        .map(
            rollout -> {
              String id = rollout.getRolloutId();
              return new Evidence(rollout, only(verdictOf, id, "verdict"), votes.apply(id));
            })
        .toList();
  }

  private static <T> Map<String, T> byRollout(
      Iterable<T> rows, Function<T, String> rolloutId, String what) {
    Map<String, T> byRollout = new HashMap<>();
    for (T row : rows) {
      if (byRollout.put(rolloutId.apply(row), row) != null) {
        throw new IllegalStateException(rolloutId.apply(row) + " has its " + what + " twice");
      }
    }
    return byRollout;
  }

  private static <T> T only(Map<String, T> byRollout, String rolloutId, String what) {
    T row = byRollout.get(rolloutId);
    if (row == null) {
      throw new IllegalStateException(rolloutId + " has no " + what);
    }
    return row;
  }
}
