package io.capoflow.transforms.batch;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Draws;
import io.capoflow.schemas.TrainingBatch;
import io.capoflow.transforms.batch.BatchSettings.ZeroSpread;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Plans an iteration's optimizer steps: mini-batches of whole groups, permuted by draws keyed by
 * (seed, iteration, epoch, problem_id), and in each of them the rollouts in order of group, then
 * rollout. Pure and thread-safe; the order of the references does not matter.
 *
 * <p>Rollouts that credit left out of the loss still count towards a mini-batch's size, so that the
 * number of optimizer steps does not hang on how many critiques could be read; they are in no batch
 * and not in the loss's divisor. A mini-batch with nothing to compute is no optimizer step.
 */
public final class BatchPlanner {
  private final BatchSettings settings;

  public BatchPlanner(BatchSettings settings) {
    this.settings = requireNonNull(settings, "settings");
  }

  /**
   * All mini-batches of an iteration, in the order in which the learner takes them.
   *
   * @throws IllegalArgumentException when a rollout comes twice
   */
  public List<TrainingBatch> plan(long seed, int iteration, List<RolloutReference> references) {
    List<Group> groups = groups(references);
    List<TrainingBatch> batches = new ArrayList<>();
    for (int epoch = 0; epoch < settings.epochs(); epoch++) {
      int miniBatch = 0;
      for (List<Group> members : miniBatches(permuted(groups, seed, iteration, epoch))) {
        List<RolloutReference> computed = computed(members);
        if (!computed.isEmpty()) {
          int rollouts = (int) members.stream().flatMap(Group::inLoss).count();
          batches.add(batch(iteration, epoch, miniBatch, rollouts, computed));
          miniBatch++;
        }
      }
    }
    return List.copyOf(batches);
  }

  /** The rollouts of one problem, in order. */
  private record Group(String problemId, List<RolloutReference> rollouts) {
    Stream<RolloutReference> inLoss() {
      return rollouts.stream().filter(RolloutReference::inLoss);
    }
  }

  private List<Group> groups(List<RolloutReference> references) {
    TreeMap<String, List<RolloutReference>> byProblem = new TreeMap<>();
    Set<String> seen = new HashSet<>();
    for (RolloutReference reference : references) {
      if (!seen.add(reference.rolloutId())) {
        throw new IllegalArgumentException("rollout comes twice: " + reference.rolloutId());
      }
      byProblem.computeIfAbsent(reference.problemId(), id -> new ArrayList<>()).add(reference);
    }
    List<Group> groups = new ArrayList<>();
    byProblem.forEach(
        (problemId, rollouts) -> {
          boolean flat = rollouts.stream().allMatch(RolloutReference::zeroSpread);
          if (!(flat && settings.zeroSpread() == ZeroSpread.DROP)) {
            groups.add(
                new Group(
                    problemId,
                    rollouts.stream()
                        .sorted(Comparator.comparing(RolloutReference::rolloutId))
                        .toList()));
          }
        });
    return groups;
  }

  private static List<Group> permuted(List<Group> groups, long seed, int iteration, int epoch) {
    return groups.stream()
        .sorted(
            Comparator.comparingLong(
                    (Group group) ->
                        Draws.bits(
                            Draws.key("mini-batches", seed, iteration, epoch, group.problemId()),
                            0))
                .thenComparing(Group::problemId))
        .toList();
  }

  private List<List<Group>> miniBatches(List<Group> groups) {
    List<List<Group>> miniBatches = new ArrayList<>();
    List<Group> open = new ArrayList<>();
    int rollouts = 0;
    for (Group group : groups) {
      open.add(group);
      rollouts += group.rollouts().size();
      if (rollouts >= settings.miniBatchRollouts()) {
        miniBatches.add(open);
        open = new ArrayList<>();
        rollouts = 0;
      }
    }
    if (!open.isEmpty()) {
      miniBatches.add(open);
    }
    return miniBatches;
  }

  private List<RolloutReference> computed(List<Group> members) {
    return members.stream()
        .flatMap(Group::inLoss)
        .filter(rollout -> !(rollout.zeroSpread() && settings.zeroSpread() == ZeroSpread.SKIP))
        .toList();
  }

  private static TrainingBatch batch(
      int iteration,
      int epoch,
      int miniBatch,
      int miniBatchRollouts,
      List<RolloutReference> rollouts) {
    return TrainingBatch.newBuilder()
        .setIteration(iteration)
        .setEpoch(epoch)
        .setMiniBatch(miniBatch)
        .setMiniBatchRollouts(miniBatchRollouts)
        .setRolloutIds(rollouts.stream().map(RolloutReference::rolloutId).toList())
        .setTokens(rollouts.stream().mapToInt(RolloutReference::tokens).sum())
        .build();
  }
}
