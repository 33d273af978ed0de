package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.PolicyVersion;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code trainer_state.json} of a policy version: where it comes from and how training went.
 *
 * @param lineage which version it is
 * @param statistics figures of the whole update by name; empty for the starting policy
 * @param steps figures of each optimizer step, in order
 * @param seconds wall-clock by phase: tells how fast, never what; part of no digest
 */
public record TrainerState(
    Lineage lineage,
    Map<String, Double> statistics,
    List<Map<String, Double>> steps,
    Map<String, Double> seconds) {
  public TrainerState {
    requireNonNull(lineage, "lineage");
    statistics = Map.copyOf(statistics);
    steps = steps.stream().map(Map::copyOf).toList();
    seconds = Map.copyOf(seconds);
  }

  /**
   * A version's place in the run.
   *
   * @param version v00001
   * @param parent the version it was trained from; empty for the starting policy
   * @param digest over weights and optimizer state
   * @param optimizerSteps since the starting policy
   */
  public record Lineage(String version, String parent, String digest, long optimizerSteps) {
    public Lineage {
      requireNonNull(version, "version");
      requireNonNull(parent, "parent");
      requireNonNull(digest, "digest");
    }
  }

  /** The state of a starting policy, on which nothing was trained yet. */
  public static TrainerState start(String version, String digest) {
    return new TrainerState(new Lineage(version, "", digest, 0), Map.of(), List.of(), Map.of());
  }

  /** The record that flows. */
  public PolicyVersion version() {
    return PolicyVersion.newBuilder()
        .setVersion(lineage.version())
        .setParent(Optional.of(lineage.parent()).filter(parent -> !parent.isEmpty()).orElse(null))
        .setDigest(lineage.digest())
        .setOptimizerSteps(lineage.optimizerSteps())
        .build();
  }
}
