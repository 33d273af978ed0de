package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.CollectionDigest;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * {@code _manifest.json} of a stage, written once all its shards are committed.
 *
 * @param stage folder of the stage
 * @param rows row count
 * @param digest of all rows, see {@link Digests}: independent of shards, files and order
 * @param schema fingerprint of the rows' schema
 * @param settings digest of the settings that the stage ran with
 * @param seconds that workers spent computing the shards, added up; part of no digest
 * @param shards every shard, in order
 * @param files SHA-256 of every part and every commit, in lower-case hexadecimal, by its name; none
 *     in what older code wrote
 * @param checksum of the file itself, see {@link SelfChecked}; empty in what older code wrote
 */
public record StageManifest(
    String stage,
    long rows,
    String digest,
    String schema,
    String settings,
    double seconds,
    List<Shard> shards,
    SortedMap<String, String> files,
    String checksum) {
  public StageManifest {
    requireNonNull(stage, "stage");
    requireNonNull(digest, "digest");
    requireNonNull(schema, "schema");
    requireNonNull(settings, "settings");
    shards = List.copyOf(shards);
    // Older code wrote neither.
    files =
        Collections.unmodifiableSortedMap(files == null ? new TreeMap<>() : new TreeMap<>(files));
    checksum = checksum == null ? "" : checksum;
  }

  private StageManifest withChecksum(String sha256) {
    return new StageManifest(stage, rows, digest, schema, settings, seconds, shards, files, sha256);
  }

  /** A committed shard and the file that holds it, by its plain name. */
  public record Shard(int shard, String part, long rows, String digest, String memoKey) {
    public Shard {
      StageFiles.requirePart(shard, requireNonNull(part, "part"));
      requireNonNull(digest, "digest");
      requireNonNull(memoKey, "memoKey");
    }

    static Shard of(ShardCommit commit) {
      return new Shard(
          commit.shard(), commit.part(), commit.rows(), commit.digest(), commit.memoKey());
    }

    private Path commit(Path directory) {
      return StageFiles.commit(directory, shard, memoKey);
    }
  }

  /**
   * Closes a stage at its barrier: checks that shards 0 … count - 1 are all committed, leaves their
   * parts as the only visible ones, and writes the manifest.
   *
   * @throws IllegalStateException when a shard is not committed, or one that was not planned is
   */
  public static <T extends SpecificRecordBase> StageManifest close(
      ShardStore<T> store, int shardCount, String settingsDigest) {
    List<Shard> shards = new ArrayList<>();
    Set<String> schemas = new TreeSet<>();
    DoubleSummaryStatistics seconds = new DoubleSummaryStatistics();
    CollectionDigest digest = new CollectionDigest();
    // Of a million rows, the commits together would be large.
    SortedMap<String, String> files = new TreeMap<>();
    store.forEachCommit(
        (commit, sha256) -> {
          Shard shard = Shard.of(commit);
          shards.add(shard);
          files.put(shard.commit(store.directory()).getFileName().toString(), sha256);
          schemas.add(commit.schema());
          seconds.accept(commit.seconds());
          commit.rowDigests().forEach(digest::add);
        });
    List<Integer> found = shards.stream().map(Shard::shard).toList();
    List<Integer> planned = IntStream.range(0, shardCount).boxed().toList();
    if (!found.equals(planned)) {
      throw new IllegalStateException(
          "%s: committed shards are %s, planned were 0 to %d"
              .formatted(store.directory(), found, shardCount - 1));
    }
    // First, so that a complete stage's folder holds nothing else that a table is made of.
    store.tidy(shards.stream().map(Shard::part).toList());
    shards.forEach(shard -> files.put(shard.part(), digest(store.directory(), shard)));
    StageManifest manifest =
        new StageManifest(
            store.stage().folder(),
            shards.stream().mapToLong(Shard::rows).sum(),
            digest.value(),
            schema(schemas, store.stage()),
            settingsDigest,
            seconds.getSum(),
            shards,
            files,
            "");
    return JsonFiles.writeChecked(
        StageFiles.manifest(store.directory()), manifest, manifest::withChecksum);
  }

  private static String digest(Path directory, Shard shard) {
    Path part = directory.resolve(shard.part());
    try {
      return Digests.ofFile(part);
    } catch (NoSuchFileException e) {
      throw RunAdvice.damaged(part, "the file is gone", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + part, e);
    }
  }

  /** That of the commits, which an older version may have written: digests are of its rows. */
  private static String schema(Set<String> schemas, Stage<?> stage) {
    return schemas.size() == 1 ? schemas.iterator().next() : RowFormat.fingerprint(stage.type());
  }

  /** The manifest in a stage's directory, where the stage is complete. */
  public static Optional<StageManifest> find(Path stageDirectory) {
    return JsonFiles.find(StageFiles.manifest(stageDirectory), StageManifest.class);
  }

  /**
   * Whether the manifest in a stage's directory is as it was written.
   *
   * @throws UserMistake when it is not there
   */
  static SelfChecked checksum(Path stageDirectory) {
    return JsonFiles.checksum(StageFiles.manifest(stageDirectory), "files");
  }

  /**
   * Digest of the complete stage in a directory, where the manifest is as it was written and agrees
   * with every shard's commit. Reads no row.
   *
   * @throws UserMistake when the manifest cannot be read
   */
  static Optional<String> agreedDigest(Path stageDirectory) {
    Optional<StageManifest> manifest = find(stageDirectory);
    if (manifest.isEmpty() || checksum(stageDirectory) == SelfChecked.BROKEN) {
      return Optional.empty();
    }
    List<String> rows = new ArrayList<>();
    for (Shard shard : manifest.get().shards()) {
      Optional<ShardCommit> commit =
          Optional.of(shard.memoKey())
              .filter(key -> key.length() >= 16)
              .map(key -> StageFiles.commit(stageDirectory, shard.shard(), key))
              .flatMap(ShardStore::valid);
      if (commit.isEmpty()) {
        return Optional.empty();
      }
      rows.addAll(commit.get().rowDigests());
    }
    return Optional.of(manifest.get().digest()).filter(Digests.ofRowDigests(rows)::equals);
  }

  /**
   * All rows of the complete stage in a directory, in the order of shards.
   *
   * @throws UserMistake when a part is absent or holds other rows than those committed
   */
  public static <T extends SpecificRecordBase> List<T> rows(
      Path stageDirectory, Class<T> type, StageManifest manifest) {
    List<T> rows = new ArrayList<>();
    for (Shard shard : manifest.shards()) {
      rows.addAll(manifest.rows(stageDirectory, type, shard));
    }
    return List.copyOf(rows);
  }

  /**
   * The rows of one shard of the complete stage in a directory.
   *
   * @throws UserMistake when its part is absent or holds other rows than those committed
   */
  public static <T extends SpecificRecordBase> List<T> rows(
      Path stageDirectory, Class<T> type, StageManifest manifest, int shard) {
    return manifest.shards().stream()
        .filter(entry -> entry.shard() == shard)
        .findFirst()
        .map(entry -> manifest.rows(stageDirectory, type, entry))
        .orElseThrow(() -> new IllegalArgumentException(stageDirectory + " has no shard " + shard));
  }

  private <T extends SpecificRecordBase> List<T> rows(
      Path stageDirectory, Class<T> type, Shard shard) {
    Path part = stageDirectory.resolve(shard.part());
    try {
      return partOf(shard, stageDirectory).readUnlessRecent(part, type);
    } catch (DamagedPart damage) {
      throw RunAdvice.damaged(part, damage.getMessage(), damage);
    }
  }

  /** Shards of one stage may differ in their schema; the commits know, where they are there. */
  private PartRows partOf(Shard shard, Path directory) {
    return ShardStore.valid(shard.commit(directory))
        .filter(commit -> commit.memoKey().equals(shard.memoKey()))
        .map(ShardCommit::schema)
        .map(committed -> new PartRows(shard.rows(), shard.digest(), committed))
        .orElse(new PartRows(shard.rows(), shard.digest(), schema));
  }

  /** What must come out where a shard is computed again; empty where that is not known. */
  Optional<PartRows> expected(int shard, String memoKey) {
    return shards.stream()
        .filter(kept -> kept.shard() == shard && kept.memoKey().equals(memoKey))
        .map(kept -> new PartRows(kept.rows(), kept.digest(), schema))
        .findFirst();
  }
}
