package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * The shards of one stage of one iteration, each committed exactly once for a memo key.
 *
 * <p>Rows are written under a name that only this attempt uses, forced to disk, and then named by a
 * small commit file that is created exclusively: of several attempts at a shard (a retried worker
 * and its zombie) one wins, and every attempt returns the winner's rows. A killed process leaves at
 * most a part that no commit names; readers never look at it and {@link StageManifest} removes it.
 *
 * <p>Committing a shard under another memo key first removes the earlier commit: what was computed
 * from other inputs is no longer wanted. Thread-safe, also between processes.
 */
public final class ShardStore<T extends SpecificRecordBase> implements Serializable {
  private static final Pattern COMMIT =
      Pattern.compile("shard-(\\d{5,})\\.([0-9a-f]{16})\\.commit\\.json");
  private static final Pattern PART = Pattern.compile("shard-\\d{5,}-[0-9a-f-]+\\.parquet");

  private final String directory;
  private final Stage<T> stage;

  /** A store in this directory, which need not exist yet. */
  public ShardStore(Path directory, Stage<T> stage) {
    this.directory = directory.toString();
    this.stage = requireNonNull(stage, "stage");
  }

  public Stage<T> stage() {
    return stage;
  }

  public Path directory() {
    return Path.of(directory);
  }

  /**
   * The rows of a shard: those committed for the memo key, or else those computed now and
   * committed.
   *
   * @param memoKey a digest of all that the rows depend on
   * @param computation called only when there is no commit for the key
   * @return the committed rows, in the order of {@link RowFormat#order}
   */
  public List<T> computeOnce(int shard, String memoKey, Supplier<? extends List<T>> computation) {
    Optional<ShardCommit> committed = find(shard, memoKey);
    if (committed.isPresent()) {
      return read(committed.get());
    }
    long startedMillis = System.currentTimeMillis();
    long start = System.nanoTime();
    List<T> rows = computation.get();
    double seconds = (System.nanoTime() - start) / 1e9;
    Faults.at(stage.verb() + "/inside");
    return commit(shard, memoKey, rows, startedMillis, seconds);
  }

  /** The commit of a shard for exactly this memo key. */
  public Optional<ShardCommit> find(int shard, String memoKey) {
    Path file = commitFile(shard, memoKey);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    ShardCommit commit = JsonFiles.read(file, ShardCommit.class);
    if (!commit.memoKey().equals(memoKey)) {
      throw new UserMistake(
          "%s was made for another memo key with the same beginning: delete it".formatted(file));
    }
    return Optional.of(commit);
  }

  /**
   * Commits rows, unless another attempt was faster.
   *
   * @return the winner's rows, in the order of {@link RowFormat#order}
   */
  public List<T> commit(int shard, String memoKey, List<T> rows) {
    return commit(shard, memoKey, rows, System.currentTimeMillis(), 0);
  }

  private List<T> commit(
      int shard, String memoKey, List<T> rows, long startedMillis, double seconds) {
    List<T> ordered = new ArrayList<>(rows);
    ordered.sort(RowFormat.order(stage.type()));
    List<String> rowDigests = ordered.stream().map(Digests::ofRow).sorted().toList();
    String part = shardName(shard) + "-" + Durable.attempt() + ".parquet";
    ShardCommit commit =
        new ShardCommit(
            stage.folder(),
            shard,
            part,
            ordered.size(),
            Digests.ofRowDigests(rowDigests),
            rowDigests,
            RowFormat.fingerprint(stage.type()),
            memoKey,
            startedMillis,
            seconds);
    try {
      Files.createDirectories(directory());
      Path file = directory().resolve(part);
      ParquetRows.write(file, stage.type(), ordered);
      Durable.sync(file);
      Faults.at(stage.verb() + "/after-part");
      supersede(shard, memoKey);
      if (!Durable.createExclusively(commitFile(shard, memoKey), JsonFiles.bytes(commit))) {
        Files.deleteIfExists(file);
        return read(find(shard, memoKey).orElseThrow());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot commit shard " + shard + " in " + directory, e);
    }
    Faults.at(stage.verb() + "/after-commit");
    return List.copyOf(ordered);
  }

  /**
   * The rows that a commit names.
   *
   * @throws UserMistake when the part is absent or holds other rows than those committed
   */
  public List<T> read(ShardCommit commit) {
    Path part = directory().resolve(commit.part());
    if (!Files.exists(part)) {
      throw damaged(part, commit.rows() + " rows, the file is gone");
    }
    List<T> rows = ParquetRows.read(part, stage.type());
    if (rows.size() != commit.rows()) {
      throw damaged(part, commit.rows() + " rows, found " + rows.size());
    }
    // A digest depends on the schema, so rows of an older schema are known by their count alone.
    if (commit.schema().equals(RowFormat.fingerprint(stage.type()))
        && !Digests.ofRows(rows).equals(commit.digest())) {
      throw damaged(part, "digest " + commit.digest());
    }
    return List.copyOf(rows);
  }

  /** Every commit, by shard. */
  public List<ShardCommit> commits() {
    return list(COMMIT).stream()
        .map(file -> JsonFiles.read(file, ShardCommit.class))
        .sorted(Comparator.comparingInt(ShardCommit::shard))
        .toList();
  }

  /** How many shards are committed; cheap, for progress displays. */
  public int committed() {
    return list(COMMIT).size();
  }

  /** Deletes what no commit names: parts and drafts that a killed or beaten attempt left. */
  void sweep() {
    List<String> named = commits().stream().map(ShardCommit::part).toList();
    try {
      for (Path part : list(PART)) {
        if (!named.contains(part.getFileName().toString())) {
          Files.deleteIfExists(part);
        }
      }
      for (Path draft : list(Pattern.compile("\\..*\\.tmp"))) {
        Files.deleteIfExists(draft);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot clean " + directory, e);
    }
  }

  private void supersede(int shard, String memoKey) throws IOException {
    Path current = commitFile(shard, memoKey);
    for (Path file : list(COMMIT)) {
      if (shardOf(file) == shard && !file.equals(current)) {
        Path part;
        try {
          part = directory().resolve(JsonFiles.read(file, ShardCommit.class).part());
        } catch (UncheckedIOException e) {
          if (e.getCause() instanceof NoSuchFileException) {
            continue; // another attempt superseded it first
          }
          throw e;
        }
        // The commit goes first: a reader never finds a commit whose part is gone.
        Files.deleteIfExists(file);
        Files.deleteIfExists(part);
      }
    }
  }

  private List<Path> list(Pattern name) {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory())) {
      for (Path entry : entries) {
        if (name.matcher(entry.getFileName().toString()).matches()) {
          files.add(entry);
        }
      }
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + directory, e);
    }
    return files;
  }

  private Path commitFile(int shard, String memoKey) {
    return directory().resolve(shardName(shard) + "." + memoKey.substring(0, 16) + ".commit.json");
  }

  private static int shardOf(Path commit) {
    Matcher matcher = COMMIT.matcher(commit.getFileName().toString());
    if (!matcher.matches()) {
      throw new IllegalArgumentException("no commit file: " + commit);
    }
    return Integer.parseInt(matcher.group(1));
  }

  private static String shardName(int shard) {
    return String.format(Locale.ROOT, "shard-%05d", shard);
  }

  private static UserMistake damaged(Path part, String expected) {
    return new UserMistake(
        "%s is damaged (its commit says %s): delete its commit file to compute it again"
            .formatted(part, expected));
  }
}
