package io.capoflow.runners.show;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.metrics.StoredIteration;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.UserMistake;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.storage.RunAdvice;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.StageManifest;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The rows of one iteration, brought together by rollout.
 *
 * @param rollouts ordered by rollout id
 */
public record IterationRows(int iteration, List<Judged> rollouts) {
  public IterationRows {
    rollouts = List.copyOf(rollouts);
  }

  /** One rollout with all that is known of it. */
  public record Judged(
      Rollout rollout,
      Verdict verdict,
      Optional<StepVotes> votes,
      CreditedRollout credit,
      List<Critique> critiques) {
    public Judged {
      requireNonNull(rollout, "rollout");
      requireNonNull(verdict, "verdict");
      requireNonNull(votes, "votes");
      requireNonNull(credit, "credit");
      critiques = List.copyOf(critiques);
    }

    /** Whether the answer is right. */
    public boolean right() {
      return verdict.getOutcome() == 1;
    }

    /** Whether a step of a right answer is voted wrong. */
    public boolean flawed() {
      return right()
          && votes.stream()
              .flatMap(voted -> voted.getSteps().stream())
              .anyMatch(step -> step.getWeight() > 0);
    }
  }

  /**
   * Reads an iteration, the last complete one where none is named.
   *
   * @throws UserMistake when it is not there or not complete
   */
  public static IterationRows read(RunDirectory run, Optional<Integer> wanted) {
    List<Integer> complete =
        run.iterations().stream()
            .filter(
                iteration -> StageManifest.find(run.stage(iteration, Stage.CREDITS)).isPresent())
            .toList();
    int trained = run.policies().versions().stream().mapToInt(Integer::intValue).max().orElse(0);
    if (complete.isEmpty() && trained == 0) {
      throw new UserMistake(
          run.root() + " has no complete iteration yet; let capoflow train go on");
    }
    // Of a finished run, the last one is the one before its last policy, there or not.
    int last = complete.isEmpty() ? -1 : complete.get(complete.size() - 1);
    int iteration = wanted.orElse(run.isUnderWay() ? last : Math.max(last, trained - 1));
    if (!complete.contains(iteration) && iteration < trained) {
      throw new UserMistake(
          "%s is not complete, and policy %s was trained on it: %s"
              .formatted(
                  run.iteration(Math.max(0, iteration)),
                  Keys.policyVersion(Math.max(0, iteration) + 1),
                  RunAdvice.complete(run)));
    }
    if (!complete.contains(iteration)) {
      throw new UserMistake(
          "--iteration "
              + iteration
              + ": "
              + run.root()
              + " has complete iterations "
              + complete.get(0)
              + " to "
              + complete.get(complete.size() - 1));
    }
    StoredIteration stored = StoredIteration.read(run, iteration);
    Map<String, Verdict> verdicts = byRollout(stored.verdicts(), Verdict::getRolloutId);
    Map<String, CreditedRollout> credits =
        byRollout(stored.credits(), CreditedRollout::getRolloutId);
    Map<String, StepVotes> votes = byRollout(stored.votes(), StepVotes::getRolloutId);
    Map<String, List<Critique>> critiques =
        stored.critiques().stream()
            .sorted(Comparator.comparing(Critique::getCritiqueIndex))
            .collect(Collectors.groupingBy(Critique::getRolloutId));
    return new IterationRows(
        iteration,
        stored.rollouts().stream()
            .sorted(Comparator.comparing(Rollout::getRolloutId))
            .map(
                rollout -> {
                  String id = rollout.getRolloutId();
                  return new Judged(
                      rollout,
                      present(verdicts, id, run.stage(iteration, Stage.VERDICTS)),
                      Optional.ofNullable(votes.get(id)),
                      present(credits, id, run.stage(iteration, Stage.CREDITS)),
                      critiques.getOrDefault(id, List.of()));
                })
            .toList());
  }

  private static <T> Map<String, T> byRollout(List<T> rows, Function<T, String> id) {
    Map<String, T> byRollout = new TreeMap<>();
    rows.forEach(row -> byRollout.put(id.apply(row), row));
    return byRollout;
  }

  private static <T> T present(Map<String, T> rows, String id, Path stage) {
    return Optional.ofNullable(rows.get(id))
        .orElseThrow(() -> RunAdvice.damaged(stage, "rollout %s lacks a row".formatted(id)));
  }
}
