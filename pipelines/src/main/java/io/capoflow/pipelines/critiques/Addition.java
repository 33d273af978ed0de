package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import io.capoflow.transforms.storage.ShardPlan;
import io.capoflow.transforms.storage.StageManifest;
import java.util.List;

/**
 * Rollouts that came into a dataset together. What is planned for them depends on their number
 * alone, and in which shard a rollout is on its digest: so a rebuild makes the same batches.
 *
 * @param rows new rollouts
 * @param firstShard of the rollouts, and of the critiques and votes on them
 * @param shards how many
 * @param firstPart of the dataset's rows
 * @param parts how many
 * @param digest of the rollouts; empty until they are all taken in
 * @param sources where they come from, in the order read
 */
record Addition(
    long rows,
    int firstShard,
    int shards,
    int firstPart,
    int parts,
    String digest,
    List<Source> sources) {
  /** Rollouts that a shard has at least: fewer would be little work for a generation batch. */
  private static final int LEAST_ROWS = 32;

  /** Shards that are enough for any machine to share and for any stop to lose little. */
  private static final int MOST_SHARDS = 1_024;

  /** Rollouts that a part of the dataset has at most, about: its rows are held together. */
  private static final int PART_ROWS = 2_048;

  Addition {
    requireNonNull(digest, "digest");
    sources = List.copyOf(sources);
    if (rows < 1 || shards < 1 || parts < 1 || firstShard < 0 || firstPart < 0) {
      throw new IllegalArgumentException("an addition has rows, shards and parts");
    }
  }

  /**
   * A file that rollouts came from.
   *
   * @param file its name, without its folder
   * @param sha256 of its bytes
   * @param rows that are in this addition
   * @param repeated rows that were in the dataset, or in this addition, already
   * @param rejected rows that cannot be used
   */
  record Source(String file, String sha256, long rows, long repeated, long rejected) {
    Source {
      requireNonNull(file, "file");
      requireNonNull(sha256, "sha256");
    }
  }

  /** So many rollouts, after those that are there. */
  static Addition after(List<Addition> earlier, long rows, List<Source> sources) {
    int firstShard = 0;
    int firstPart = 0;
    if (!earlier.isEmpty()) {
      Addition last = earlier.get(earlier.size() - 1);
      firstShard = last.firstShard + last.shards;
      firstPart = last.firstPart + last.parts;
    }
    long shards =
        Math.max(1, Math.max(Math.min(MOST_SHARDS, rows / LEAST_ROWS), rows / MOST_SHARDS));
    long parts = (rows + PART_ROWS - 1) / PART_ROWS;
    return new Addition(
        rows, firstShard, Math.toIntExact(shards), firstPart, Math.toIntExact(parts), "", sources);
  }

  /** The shards of these rollouts. */
  ShardPlan plan() {
    return ShardPlan.ofDigests(firstShard, shards);
  }

  /** The shard behind the last. */
  int endShard() {
    return firstShard + shards;
  }

  /** The part behind the last. */
  int endPart() {
    return firstPart + parts;
  }

  /** Whether a part of the dataset's rows is of these rollouts. */
  boolean hasPart(int part) {
    return part >= firstPart && part < endPart();
  }

  /** Whether all rollouts are in the dataset's table of them. */
  boolean isTakenIn() {
    return !digest.isEmpty();
  }

  /** The digest of these rollouts, by the manifest of their table. */
  String digestOf(StageManifest table) {
    return Digests.ofParts(
        table.shards().stream()
            .filter(shard -> shard.shard() >= firstShard && shard.shard() < endShard())
            .map(StageManifest.Shard::digest)
            .toArray(String[]::new));
  }

  Addition takenIn(String ofRollouts) {
    return new Addition(rows, firstShard, shards, firstPart, parts, ofRollouts, sources);
  }
}
