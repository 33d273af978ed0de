package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.PolicyVersion;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * {@code trainer_state.json} of a policy version: where it comes from, how training went, and the
 * bytes that it was committed with.
 *
 * @param lineage which version it is
 * @param statistics figures of the whole update by name; empty for the starting policy
 * @param steps figures of each optimizer step, in order
 * @param seconds wall-clock by phase: tells how fast, never what; part of no digest
 * @param klTokens the response tokens that were furthest from the reference, furthest first; none
 *     where no reference was read, and in what older code wrote
 * @param files SHA-256 of each file of the version but {@code trainer_state.json}, in lower-case
 *     hexadecimal, by its path in the version's directory; {@link PolicyStore#commit} fills it.
 *     Retention may have deleted the optimizer state since. Empty in what older code wrote
 * @param checksum of the file itself, see {@link SelfChecked}; empty in what older code wrote
 */
public record TrainerState(
    Lineage lineage,
    Map<String, Double> statistics,
    List<Map<String, Double>> steps,
    Map<String, Double> seconds,
    List<KlToken> klTokens,
    SortedMap<String, String> files,
    String checksum) {
  public TrainerState {
    requireNonNull(lineage, "lineage");
    statistics = Map.copyOf(statistics);
    steps = steps.stream().map(Map::copyOf).toList();
    seconds = Map.copyOf(seconds);
    // Older code wrote none of these.
    klTokens = klTokens == null ? List.of() : List.copyOf(klTokens);
    files =
        Collections.unmodifiableSortedMap(files == null ? new TreeMap<>() : new TreeMap<>(files));
    files.keySet().forEach(TrainerState::requireWithin);
    checksum = checksum == null ? "" : checksum;
  }

  /** Such names are opened, and a path could reach anywhere. */
  private static void requireWithin(String name) {
    Path path = Path.of(name);
    if (name.isEmpty()
        || path.isAbsolute()
        || !path.normalize().equals(path)
        || path.startsWith("..")) {
      throw new IllegalArgumentException("\"%s\" is no path in a version's folder".formatted(name));
    }
  }

  /** A state whose files are not known yet. */
  public TrainerState(
      Lineage lineage,
      Map<String, Double> statistics,
      List<Map<String, Double>> steps,
      Map<String, Double> seconds,
      List<KlToken> klTokens) {
    this(lineage, statistics, steps, seconds, klTokens, new TreeMap<>(), "");
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
    return new TrainerState(
        new Lineage(version, "", digest, 0), Map.of(), List.of(), Map.of(), List.of());
  }

  /**
   * Digest of the version's files but its optimizer state, which retention deletes; empty in what
   * older code wrote.
   */
  public Optional<String> filesDigest() {
    return files.isEmpty()
        ? Optional.empty()
        : Optional.of(
            Digests.ofParts(
                files.entrySet().stream()
                    .filter(file -> !file.getKey().equals(PolicyStore.optimizerFile()))
                    .flatMap(file -> Stream.of(file.getKey(), file.getValue()))
                    .toArray(String[]::new)));
  }

  /** The same, of a version that consists of these files. */
  TrainerState withFiles(SortedMap<String, String> sha256ByPath) {
    return new TrainerState(lineage, statistics, steps, seconds, klTokens, sha256ByPath, checksum);
  }

  /** The same with a checksum, which is that of a text. */
  TrainerState withChecksum(String sha256) {
    return new TrainerState(lineage, statistics, steps, seconds, klTokens, files, sha256);
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
