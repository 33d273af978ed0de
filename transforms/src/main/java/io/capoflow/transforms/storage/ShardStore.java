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
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * The shards of one stage of one iteration, each committed exactly once for a memo key.
 *
 * <p>An attempt writes its rows as a hidden draft that only it uses and forces them to disk. It
 * commits them by the exclusive creation of a small file that names the part, and then gives the
 * part its visible name. Of several attempts at a shard (a retried worker and its zombie) one wins;
 * the others delete their drafts, and every attempt returns the winner's rows.
 *
 * <p>So a visible part is one that a commit names: whoever opens the folder as a table reads
 * neither a part that is being written, nor one that lost, nor one that a killed attempt left. An
 * attempt killed between its commit and the renaming leaves a committed draft; the next reader
 * renames it. {@link StageManifest} removes what no commit names.
 *
 * <p>Committing a shard under another memo key first removes the earlier commit: what was computed
 * from other inputs is no longer wanted. Thread-safe, also between processes.
 */
public final class ShardStore<T extends SpecificRecordBase> implements Serializable {
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
    Path file = StageFiles.commit(directory(), shard, memoKey);
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
    String part = StageFiles.newPart(shard);
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
      Path draft = directory().resolve(StageFiles.draft(part));
      ParquetRows.write(draft, stage.type(), ordered);
      Durable.sync(draft);
      Faults.at(stage.verb() + "/after-part");
      supersede(shard, memoKey);
      Path file = StageFiles.commit(directory(), shard, memoKey);
      if (!Durable.createExclusively(file, JsonFiles.bytes(commit))) {
        Files.deleteIfExists(draft);
        return read(find(shard, memoKey).orElseThrow());
      }
      Faults.at(stage.verb() + "/after-commit");
      publish(commit);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot commit shard " + shard + " in " + directory, e);
    }
    Faults.at(stage.verb() + "/after-publish");
    return List.copyOf(ordered);
  }

  /**
   * The rows that a commit names.
   *
   * @throws UserMistake when the part is absent or holds other rows than those committed
   */
  public List<T> read(ShardCommit commit) {
    Path part = publish(commit);
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
    return list(StageFiles::isCommit).stream()
        .map(file -> JsonFiles.read(file, ShardCommit.class))
        .sorted(Comparator.comparingInt(ShardCommit::shard))
        .toList();
  }

  /** How many shards are committed; cheap, for progress displays. */
  public int committed() {
    return list(StageFiles::isCommit).size();
  }

  /**
   * Leaves the parts that commits name as the only visible ones: gives those their names that lack
   * them, and deletes the parts and drafts that killed or beaten attempts left.
   */
  void tidy() {
    Set<String> named =
        commits().stream()
            .map(commit -> publish(commit).getFileName().toString())
            .collect(Collectors.toSet());
    try {
      for (Path file : list(file -> StageFiles.isPart(file) || StageFiles.isDraft(file))) {
        if (!named.contains(file.getFileName().toString())) {
          Files.deleteIfExists(file);
        }
      }
      Durable.sync(directory());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot clean " + directory, e);
    }
  }

  /**
   * Gives a committed part its visible name, unless it has it.
   *
   * @return the part
   */
  private Path publish(ShardCommit commit) {
    Path part = directory().resolve(commit.part());
    if (!Files.exists(part)) {
      try {
        // Not synced: what a power cut undoes, the next reader does again.
        Files.move(
            directory().resolve(StageFiles.draft(commit.part())),
            part,
            StandardCopyOption.ATOMIC_MOVE);
      } catch (NoSuchFileException e) {
        // Another attempt or reader was faster, or the commit is superseded. A part that is lost is
        // for its reader to report.
      } catch (IOException e) {
        throw new UncheckedIOException("cannot rename a part in " + directory, e);
      }
    }
    return part;
  }

  private void supersede(int shard, String memoKey) throws IOException {
    Path current = StageFiles.commit(directory(), shard, memoKey);
    for (Path file : list(StageFiles::isCommit)) {
      if (StageFiles.shardOf(file) == shard && !file.equals(current)) {
        String part;
        try {
          part = JsonFiles.read(file, ShardCommit.class).part();
        } catch (UncheckedIOException e) {
          if (e.getCause() instanceof NoSuchFileException) {
            continue; // another attempt superseded it first
          }
          throw e;
        }
        // The commit goes first: a reader never finds a commit whose part is gone. The draft goes
        // before the part: an attempt that is about to rename it cannot slip between.
        Files.deleteIfExists(file);
        Files.deleteIfExists(directory().resolve(StageFiles.draft(part)));
        Files.deleteIfExists(directory().resolve(part));
      }
    }
  }

  private List<Path> list(Predicate<Path> wanted) {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory())) {
      for (Path entry : entries) {
        if (wanted.test(entry)) {
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

  private static UserMistake damaged(Path part, String expected) {
    return new UserMistake(
        "%s is damaged (its commit says %s): delete its commit file to compute it again"
            .formatted(part, expected));
  }
}
