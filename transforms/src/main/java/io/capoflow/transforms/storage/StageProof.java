package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the bytes in a stage's folder prove.
 *
 * @param directory the folder
 * @param manifest where there is one that can be read
 * @param shards by number; those alone that a commit or the manifest names
 * @param flaws of the folder as a whole and of every shard
 */
public record StageProof(
    Path directory,
    Optional<StageManifest> manifest,
    SortedMap<Integer, Shard> shards,
    List<Flaw> flaws) {
  public StageProof {
    requireNonNull(directory, "directory");
    requireNonNull(manifest, "manifest");
    shards = new TreeMap<>(shards);
    flaws = List.copyOf(flaws);
  }

  /**
   * One shard.
   *
   * @param commit where there is one that can be read
   * @param rowDigests of the rows in its part; empty where the part does not hold what was
   *     committed
   */
  public record Shard(
      int shard,
      Optional<ShardCommit> commit,
      Optional<List<String>> rowDigests,
      List<Flaw> flaws) {
    public Shard {
      requireNonNull(commit, "commit");
      requireNonNull(rowDigests, "rowDigests");
      flaws = List.copyOf(flaws);
    }

    /** Whether commit and part are there and hold what was recorded. */
    public boolean isWhole() {
      return commit.isPresent() && rowDigests.isPresent() && flaws.isEmpty();
    }
  }

  /** The same with one more flaw, of the folder as a whole. */
  public StageProof with(Flaw flaw) {
    List<Flaw> all = new ArrayList<>(flaws);
    all.add(flaw);
    return new StageProof(directory, manifest, shards, all);
  }

  /**
   * The shards that make up the stage: where there is a manifest, those that it names, since others
   * came in after it and are no part of the stage until it is closed again. A manifest of earlier
   * code, without a checksum, is held to all shards.
   */
  List<Shard> ownShards() {
    return shards.values().stream()
        .filter(
            shard ->
                manifest.isEmpty()
                    || manifest.get().checksum().isEmpty()
                    || manifestEntry(shard.shard()).isPresent())
        .toList();
  }

  /**
   * Digest of the stage's rows, from their bytes, to be held to the manifest's; empty unless every
   * shard of the stage is whole.
   */
  public Optional<String> digest() {
    List<String> all = new ArrayList<>();
    List<Shard> own = ownShards();
    for (Shard shard : own) {
      if (!shard.isWhole()) {
        return Optional.empty();
      }
      all.addAll(shard.rowDigests().orElseThrow());
    }
    return own.isEmpty() ? Optional.empty() : Optional.of(Digests.ofRowDigests(all));
  }

  /** Content digest that is recorded of a shard, by the manifest or else its commit. */
  public Optional<String> recordedDigest(int shard) {
    return manifestEntry(shard)
        .map(StageManifest.Shard::digest)
        .or(
            () ->
                Optional.ofNullable(shards.get(shard))
                    .flatMap(Shard::commit)
                    .map(ShardCommit::digest));
  }

  /** What the manifest says of a shard. */
  public Optional<StageManifest.Shard> manifestEntry(int shard) {
    return manifest.stream()
        .flatMap(found -> found.shards().stream())
        .filter(entry -> entry.shard() == shard)
        .findFirst();
  }
}
