package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Locations;
import io.capoflow.schemas.Pending;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.logging.LogScope;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
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
  private final boolean hidden;

  // Found again on each worker.
  private transient volatile KnownManifest manifest;

  /** A store in this directory, which need not exist yet. */
  public ShardStore(Path directory, Stage<T> stage) {
    this(directory, stage, false);
  }

  private ShardStore(Path directory, Stage<T> stage, boolean hidden) {
    this.directory = directory.toString();
    this.stage = requireNonNull(stage, "stage");
    this.hidden = hidden;
  }

  /**
   * The same store, whose parts keep the hidden names of drafts until {@link StageManifest#close}:
   * whoever opens the folder as a table sees new rows when all of them are there.
   */
  public ShardStore<T> hiddenUntilClosed() {
    return new ShardStore<>(directory(), stage, true);
  }

  public Stage<T> stage() {
    return stage;
  }

  public Path directory() {
    return Locations.of(directory);
  }

  /**
   * The rows of a shard: those committed for the memo key, or else those computed now and
   * committed.
   *
   * <p>Committed rows that are damaged are computed again, and a {@link Repair} tells of it. They
   * must have the digest that was committed: what was computed from them since depends on it.
   *
   * @param memoKey a digest of all that the rows depend on
   * @param computation called only when there is no whole part that is committed for the key
   * @return the committed rows, in the order of {@link RowFormat#order}
   * @throws UserMistake when damaged rows were computed again and others came out, or the rows
   *     cannot be written
   */
  public List<T> computeOnce(int shard, String memoKey, Supplier<? extends List<T>> computation) {
    return begin(shard, memoKey, () -> Pending.done(computation.get())).finish().rows();
  }

  /**
   * Begins what {@link #computeOnce} does, for a computation that may be waited for elsewhere.
   *
   * @return what commits the rows once they are there; committed rows are there already
   */
  ShardInFlight<T> begin(int shard, String memoKey, Supplier<Pending<T>> computation) {
    Optional<ShardCommit> committed = find(shard, memoKey);
    if (committed.isPresent()) {
      List<T> rows = readOrMend(committed.get(), () -> computation.get().await());
      return new ShardInFlight<>(
          Pending.done(rows), whole -> new CommittedShard<>(shard, whole, Commitment.READ));
    }
    long startedMillis = System.currentTimeMillis();
    long start = System.nanoTime();
    Pending<T> pending = computation.get();
    CompletableFuture<Long> end = pending.rows().thenApply(rows -> System.nanoTime());
    return ShardInFlight.committedBy(
        LogScope.carriedTo(CommitThreads.ofProcess()),
        pending,
        rows -> {
          double seconds = (end.join() - start) / 1e9;
          Faults.at(stage.verb() + "/inside");
          return commit(shard, memoKey, rows, startedMillis, seconds).after(seconds);
        });
  }

  /** The commit of a shard for exactly this memo key; none where its file is damaged. */
  public Optional<ShardCommit> find(int shard, String memoKey) {
    Path file = StageFiles.commit(directory(), shard, memoKey);
    Optional<ShardCommit> commit = valid(file).filter(found -> found.shard() == shard);
    if (commit.isPresent() && !commit.get().memoKey().equals(memoKey)) {
      throw new UserMistake(
          "%s was made for another memo key with the same beginning: delete it".formatted(file));
    }
    return commit;
  }

  /** What a commit file says; empty where it is not there, and where it is no commit. */
  static Optional<ShardCommit> valid(Path file) {
    try {
      return JsonFiles.find(file, ShardCommit.class);
    } catch (UserMistake damaged) {
      return Optional.empty();
    }
  }

  /**
   * Commits rows, unless another attempt was faster.
   *
   * @return the winner's rows, in the order of {@link RowFormat#order}
   */
  public List<T> commit(int shard, String memoKey, List<T> rows) {
    return commit(shard, memoKey, rows, System.currentTimeMillis(), 0).rows();
  }

  private CommittedShard<T> commit(
      int shard, String memoKey, List<T> rows, long startedMillis, double seconds) {
    List<T> ordered = ordered(rows);
    List<String> rowDigests = new ArrayList<>(ordered.size());
    long canonicalBytes = 0;
    for (T row : ordered) {
      byte[] canonical = Digests.canonicalBytes(row);
      canonicalBytes += canonical.length;
      rowDigests.add(Digests.ofBytes(canonical));
    }
    Collections.sort(rowDigests);
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
    Path file = StageFiles.commit(directory(), shard, memoKey);
    requireExpected(file, commit);
    Path draft = directory().resolve(StageFiles.draft(part));
    try {
      Files.createDirectories(directory());
      ParquetRows.write(draft, stage.type(), ordered);
      Durable.sync(draft);
      Optional<FileMark> written = FileMark.of(draft);
      Faults.at(stage.verb() + "/after-part");
      supersede(shard, memoKey);
      while (!Durable.createExclusively(file, JsonFiles.bytes(commit))) {
        Optional<ShardCommit> winner = find(shard, memoKey);
        if (winner.isPresent()) {
          Files.deleteIfExists(draft);
          return new CommittedShard<>(
              shard, readOrMend(winner.get(), () -> ordered), Commitment.LOST);
        }
        setAside(file);
      }
      Faults.at(stage.verb() + "/after-commit");
      Path published = hidden ? draft : name(part);
      if (written.isPresent()) {
        RecentRows.ofProcess()
            .keep(published, written.get(), PartRows.of(commit), ordered, canonicalBytes);
      }
    } catch (IOException e) {
      deleteAfter(e, draft);
      throw WriteFailures.of(directory().resolve(part), e);
    } catch (UserMistake e) {
      deleteAfter(e, draft);
      throw e;
    }
    Faults.at(stage.verb() + "/after-publish");
    return new CommittedShard<>(shard, ordered, Commitment.WON);
  }

  /** A full disk is no place to leave half a part on. */
  private static void deleteAfter(Exception failure, Path draft) {
    try {
      Files.deleteIfExists(draft);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private List<T> ordered(List<T> rows) {
    List<T> ordered = new ArrayList<>(rows);
    ordered.sort(RowFormat.order(stage.type()));
    return List.copyOf(ordered);
  }

  /** The rows that a commit names; where they are damaged, the same ones, computed again. */
  private List<T> readOrMend(ShardCommit commit, Supplier<? extends List<T>> computation) {
    Path part = publish(commit);
    try {
      return PartRows.of(commit).read(part, stage.type());
    } catch (DamagedPart damage) {
      List<T> rows = ordered(computation.get());
      requireSame(part, damage.getMessage(), PartRows.of(commit), Digests.ofRows(rows));
      putBack(commit, part, rows);
      new Repair(part.toString(), damage.getMessage()).leave(directory());
      return rows;
    }
  }

  /** Under a name of its own first: of several attempts that mend a part, the last one's stays. */
  private void putBack(ShardCommit commit, Path part, List<T> rows) {
    ParquetRows.replace(part, stage.type(), rows);
    if (find(commit.shard(), commit.memoKey()).isEmpty()) {
      // Superseded meanwhile: a part that no commit names must not be seen.
      try {
        Files.deleteIfExists(part);
      } catch (IOException e) {
        throw WriteFailures.of(part, e);
      }
    }
  }

  /** A complete stage whose commit is lost or damaged is held to its manifest. */
  private void requireExpected(Path file, ShardCommit commit) {
    manifest()
        .find()
        .flatMap(manifest -> manifest.expected(commit.shard(), commit.memoKey()))
        .filter(expected -> find(commit.shard(), commit.memoKey()).isEmpty())
        .ifPresent(
            expected -> requireSame(file, "it is gone or no commit", expected, commit.digest()));
  }

  private KnownManifest manifest() {
    KnownManifest known = manifest;
    if (known == null) {
      known = new KnownManifest(directory());
      manifest = known;
    }
    return known;
  }

  private void requireSame(Path file, String damage, PartRows committed, String now) {
    if (!committed.isOfToday(stage.type())) {
      throw new UserMistake(
          "%s is damaged (%s), and what is computed again cannot be compared with it, since other code wrote it: restore it from a copy, or %s"
              .formatted(file, damage, RunAdvice.anew(file)));
    }
    if (!committed.digest().equals(now)) {
      throw new UserMistake(
          "%s is damaged (%s), and computing it again gives other rows (digest %s, committed was %s): restore it from a copy, go on with the versions and the processor that %s, or %s"
              .formatted(
                  file,
                  damage,
                  now,
                  committed.digest(),
                  RunAdvice.writers(file),
                  RunAdvice.anew(file)));
    }
  }

  /**
   * Removes a file that is in the place of a commit and is none. Moved away before it is deleted:
   * an attempt that found it damaged must not delete the commit that another one has put there
   * since.
   */
  private void setAside(Path file) throws IOException {
    Path aside = Durable.draft(file);
    try {
      Files.move(file, aside, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      return;
    }
    if (valid(aside).isPresent()) {
      Durable.createExclusively(file, Files.readAllBytes(aside));
    } else {
      new Repair(file.toString(), "it was no commit").leave(directory());
    }
    Files.deleteIfExists(aside);
  }

  /**
   * The rows that a commit names.
   *
   * @throws UserMistake when the part is absent or holds other rows than those committed
   */
  public List<T> read(ShardCommit commit) {
    Path part = publish(commit);
    try {
      return PartRows.of(commit).readUnlessRecent(part, stage.type());
    } catch (DamagedPart damage) {
      throw RunAdvice.damaged(part, damage.getMessage(), damage);
    }
  }

  /** Every commit, by shard. */
  public List<ShardCommit> commits() {
    return list(StageFiles::isCommit).stream()
        .map(file -> JsonFiles.read(file, ShardCommit.class))
        .sorted(Comparator.comparingInt(ShardCommit::shard))
        .toList();
  }

  /** Every commit, by shard; only one at a time is in memory, with the digests of its rows. */
  public void forEachCommit(Consumer<ShardCommit> each) {
    forEachCommit((commit, sha256) -> each.accept(commit));
  }

  /** The same, with the SHA-256 of each commit's file in lower-case hexadecimal. */
  void forEachCommit(BiConsumer<ShardCommit, String> each) {
    list(StageFiles::isCommit).stream()
        .sorted(Comparator.comparingInt(StageFiles::shardOf))
        .forEach(
            file -> {
              byte[] content = JsonFiles.bytesOf(file);
              each.accept(
                  JsonFiles.parse(file, content, ShardCommit.class), Digests.ofBytes(content));
            });
  }

  /**
   * Takes a commit back, with its rows: the shard is then computed anew. For the driver, while no
   * worker computes.
   */
  public void discard(ShardCommit commit) {
    Path file = StageFiles.commit(directory(), commit.shard(), commit.memoKey());
    try {
      Files.deleteIfExists(file);
      Files.deleteIfExists(directory().resolve(StageFiles.draft(commit.part())));
      Files.deleteIfExists(directory().resolve(commit.part()));
    } catch (IOException e) {
      throw WriteFailures.of(file, e);
    }
  }

  /** How many shards are committed; cheap, for progress displays. */
  public int committed() {
    return list(StageFiles::isCommit).size();
  }

  /**
   * Leaves the parts that commits name as the only visible ones: gives those their names that lack
   * them, and deletes the parts and drafts that killed or beaten attempts left.
   *
   * @param parts those that commits name
   */
  void tidy(Collection<String> parts) {
    Set<String> there = new HashSet<>();
    for (Path file : list(file -> StageFiles.isPart(file) || StageFiles.isDraft(file))) {
      there.add(file.getFileName().toString());
    }
    try {
      for (String part : parts) {
        if (!there.remove(part)) {
          name(part);
          there.remove(StageFiles.draft(part));
        }
      }
      for (String left : there) {
        Files.deleteIfExists(directory().resolve(left));
      }
      Durable.sync(directory());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot clean " + directory, e);
    }
  }

  /**
   * Gives a committed part its visible name, unless it has it or is to stay hidden.
   *
   * @return where the part is
   */
  private Path publish(ShardCommit commit) {
    Path draft = directory().resolve(StageFiles.draft(commit.part()));
    if (hidden && Files.exists(draft)) {
      return draft;
    }
    Path part = directory().resolve(commit.part());
    return Files.exists(part) ? part : name(commit.part());
  }

  /** Gives a draft its part's name. */
  private Path name(String part) {
    Path named = directory().resolve(part);
    try {
      // Not synced: what a power cut undoes, the next reader does again.
      Files.move(
          directory().resolve(StageFiles.draft(part)), named, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException | FileAlreadyExistsException e) {
      // Another attempt or reader was faster, or the commit is superseded. A part that is lost is
      // for its reader to report.
    } catch (IOException e) {
      throw new UncheckedIOException("cannot rename a part in " + directory, e);
    }
    return named;
  }

  private void supersede(int shard, String memoKey) throws IOException {
    Path current = StageFiles.commit(directory(), shard, memoKey);
    for (Path file : StageFiles.commits(directory(), shard)) {
      if (!file.equals(current)) {
        // None where another attempt superseded it first, or it is damaged: then nobody knows its
        // part, and the barrier removes it.
        Optional<String> part = valid(file).map(ShardCommit::part);
        // The commit goes first: a reader never finds a commit whose part is gone. The draft goes
        // before the part: an attempt that is about to rename it cannot slip between.
        Files.deleteIfExists(file);
        if (part.isPresent()) {
          Files.deleteIfExists(directory().resolve(StageFiles.draft(part.get())));
          Files.deleteIfExists(directory().resolve(part.get()));
        }
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
}
