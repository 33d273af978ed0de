package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Proves a stage's folder: reads every part by the schema that it was written with, computes the
 * digests of its rows anew, and holds commits and manifest to them. A part whose SHA-256 is
 * recorded and is another is not decoded. Where a complete stage's manifest is as it was written,
 * it says which shards and commits there are, and others are extra. Changes nothing, and may be run
 * beside a driver: what is superseded or published meanwhile is no flaw.
 *
 * <p>Shards are read in parallel on the fork-join pool that it is called from.
 */
public final class StageCheck {
  private final Path directory;
  private final boolean closed;
  private final LongConsumer progress;

  /**
   * A check of one folder.
   *
   * @param closed whether the stage must be complete, since the run went on from it
   * @param progress is told the bytes of each part that was read, from any thread
   */
  public StageCheck(Path directory, boolean closed, LongConsumer progress) {
    this.directory = requireNonNull(directory, "directory");
    this.closed = closed;
    this.progress = requireNonNull(progress, "progress");
  }

  /** Looks at everything in the folder. */
  public StageProof look() {
    if (!Files.isDirectory(directory)) {
      return new StageProof(
          directory,
          Optional.empty(),
          new TreeMap<>(),
          closed ? List.of(Flaw.missing(directory, "the folder is gone")) : List.of());
    }
    List<Flaw> flaws = new ArrayList<>();
    Optional<StageManifest> manifest = manifest(flaws);
    SortedMap<Integer, List<Path>> commitFiles = commitFiles();
    manifest.filter(this::bounds).ifPresent(found -> keepNamed(commitFiles, found, flaws));
    TreeSet<Integer> numbers = new TreeSet<>(commitFiles.keySet());
    manifest.ifPresent(found -> found.shards().forEach(entry -> numbers.add(entry.shard())));
    SortedMap<Integer, StageProof.Shard> shards = new TreeMap<>();
    numbers.parallelStream()
        .map(shard -> shard(shard, commitFiles.getOrDefault(shard, List.of()), manifest))
        .flatMap(Optional::stream)
        .collect(Collectors.toList())
        .forEach(shard -> shards.put(shard.shard(), shard));
    shards.values().forEach(shard -> flaws.addAll(shard.flaws()));
    manifest.ifPresent(found -> againstShards(found, shards, flaws));
    gaps(shards, manifest, flaws);
    extras(shards, manifest, flaws);
    return new StageProof(directory, manifest, shards, flaws);
  }

  private Optional<StageManifest> manifest(List<Flaw> flaws) {
    Path file = StageFiles.manifest(directory);
    try {
      Optional<StageManifest> manifest = StageManifest.find(directory);
      if (manifest.isEmpty() && closed) {
        flaws.add(Flaw.missing(file, "the stage is complete and has no manifest"));
      }
      if (manifest.isPresent() && StageManifest.checksum(directory) == SelfChecked.BROKEN) {
        flaws.add(Flaw.damaged(file, "it is not as it was written"));
        return Optional.empty();
      }
      return manifest;
    } catch (UserMistake unreadable) {
      flaws.add(Flaw.damaged(file, "it cannot be read"));
      return Optional.empty();
    } catch (UncheckedIOException e) {
      flaws.add(unreadable(file, e.getCause()));
      return Optional.empty();
    }
  }

  private static Flaw unreadable(Path file, IOException failure) {
    return Flaw.damaged(file, "it cannot be read (" + failure.getMessage() + ")");
  }

  /**
   * Whether the manifest, which is as it was written, says which shards and commits there are. In
   * an open stage it may be an earlier plan's, and further shards may have come in since.
   */
  private boolean bounds(StageManifest manifest) {
    return closed && !manifest.checksum().isEmpty();
  }

  /** Leaves the commits that the manifest names; others were put here since. */
  private void keepNamed(
      SortedMap<Integer, List<Path>> commitFiles, StageManifest manifest, List<Flaw> flaws) {
    Map<Integer, Path> named = new TreeMap<>();
    for (StageManifest.Shard entry : manifest.shards()) {
      named.put(entry.shard(), commitFile(entry.shard(), entry.memoKey()));
    }
    for (Map.Entry<Integer, List<Path>> shard : commitFiles.entrySet()) {
      Path kept = named.get(shard.getKey());
      shard.getValue().stream()
          .filter(file -> !file.equals(kept))
          .forEach(
              file ->
                  flaws.add(
                      Flaw.extra(
                          file,
                          kept == null
                              ? "the manifest has no such shard"
                              : "the manifest names another commit of the shard")));
      shard.getValue().removeIf(file -> !file.equals(kept));
    }
    commitFiles.values().removeIf(List::isEmpty);
  }

  private SortedMap<Integer, List<Path>> commitFiles() {
    SortedMap<Integer, List<Path>> files = new TreeMap<>();
    for (Path file : list()) {
      if (StageFiles.isCommit(file)) {
        files.computeIfAbsent(StageFiles.shardOf(file), shard -> new ArrayList<>()).add(file);
      }
    }
    files.values().forEach(found -> found.sort(null));
    return files;
  }

  /** Empty where another attempt superseded the shard while it was looked at. */
  private Optional<StageProof.Shard> shard(
      int shard, List<Path> files, Optional<StageManifest> manifest) {
    List<Flaw> flaws = new ArrayList<>();
    Optional<StageManifest.Shard> entry =
        manifest.stream()
            .flatMap(found -> found.shards().stream())
            .filter(found -> found.shard() == shard)
            .findFirst();
    Optional<Path> named = entry.map(found -> commitFile(shard, found.memoKey()));
    Optional<ShardCommit> commit = commit(shard, files, named, flaws);
    SortedMap<String, String> recorded =
        manifest.map(StageManifest::files).orElse(Collections.emptySortedMap());
    Optional<Rows> rows =
        commit
            .map(ShardCommit::part)
            .or(() -> entry.map(StageManifest.Shard::part))
            .flatMap(part -> rows(part, recorded, flaws));
    boolean gone = files.stream().noneMatch(Files::exists);
    if (named.isEmpty() && rows.isEmpty() && (gone || flaws.isEmpty())) {
      return Optional.empty();
    }
    if (named.isPresent() && commit.isEmpty() && gone) {
      flaws.add(Flaw.missing(named.get(), "the manifest names the shard, and no commit does"));
    }
    if (rows.isPresent() && commit.isPresent()) {
      againstCommit(rows.get(), commit.get(), flaws);
    }
    sha256(files, recorded, flaws);
    return Optional.of(
        new StageProof.Shard(
            shard,
            commit,
            rows.filter(found -> flaws.stream().noneMatch(flaw -> flaw.file().equals(found.file())))
                .map(Rows::digests),
            flaws));
  }

  /** The commit that the manifest names, where there is one, or else the first. */
  private Optional<ShardCommit> commit(
      int shard, List<Path> files, Optional<Path> named, List<Flaw> flaws) {
    Optional<ShardCommit> commit = Optional.empty();
    for (Path file :
        Stream.concat(named.stream().filter(files::contains), files.stream()).distinct().toList()) {
      Optional<ShardCommit> read = commit(shard, file, flaws);
      if (commit.isPresent() && read.isPresent() && closed) {
        flaws.add(Flaw.extra(file, "the shard has another commit"));
      }
      commit = commit.or(() -> read);
    }
    return commit;
  }

  /** What commits that can be read do not show: a byte that says nothing. */
  private static void sha256(
      List<Path> commits, SortedMap<String, String> recorded, List<Flaw> flaws) {
    for (Path file : commits) {
      String wanted = recorded.get(file.getFileName().toString());
      if (wanted == null || flaws.stream().anyMatch(flaw -> flaw.file().equals(file))) {
        continue;
      }
      try {
        String found = Digests.ofFile(file);
        if (!found.equals(wanted)) {
          flaws.add(otherBytes(file, found, wanted));
        }
      } catch (IOException e) {
        flaws.add(unreadable(file, e));
      }
    }
  }

  private static Flaw otherBytes(Path file, String found, String recorded) {
    return Flaw.damaged(file, "its SHA-256 is %s, recorded %s".formatted(found, recorded));
  }

  private Optional<ShardCommit> commit(int shard, Path file, List<Flaw> flaws) {
    try {
      ShardCommit commit = JsonFiles.read(file, ShardCommit.class);
      if (commit.shard() != shard || !file.equals(commitFile(shard, commit.memoKey()))) {
        flaws.add(Flaw.damaged(file, "what it says does not agree with its name"));
        return Optional.empty();
      }
      return Optional.of(commit);
    } catch (UserMistake unreadable) {
      // One that was superseded meanwhile is no flaw.
      if (Files.exists(file)) {
        flaws.add(Flaw.damaged(file, "it cannot be read"));
      }
    } catch (UncheckedIOException e) {
      flaws.add(unreadable(file, e.getCause()));
    }
    return Optional.empty();
  }

  private Path commitFile(int shard, String memoKey) {
    return memoKey.length() < 16 ? directory : StageFiles.commit(directory, shard, memoKey);
  }

  /** What a part's bytes hold. */
  private record Rows(Path file, String schema, List<String> digests) {}

  /** The rows of a part, under its name or as the committed draft that the next reader renames. */
  private Optional<Rows> rows(String name, SortedMap<String, String> recorded, List<Flaw> flaws) {
    Optional<String> sha256 = Optional.ofNullable(recorded.get(name));
    Path part = directory.resolve(name);
    if (!Files.exists(part)) {
      try {
        return rows(directory.resolve(StageFiles.draft(name)), sha256, flaws);
      } catch (NoSuchFileException e) {
        // Renamed meanwhile, or not there either.
      }
    }
    try {
      return rows(part, sha256, flaws);
    } catch (NoSuchFileException e) {
      flaws.add(Flaw.missing(part, "the file is gone"));
      return Optional.empty();
    }
  }

  /**
   * The rows of a file. One whose bytes are others than those recorded is not decoded: of damaged
   * bytes, Parquet's decoders may demand more memory than there is.
   */
  private Optional<Rows> rows(Path file, Optional<String> sha256, List<Flaw> flaws)
      throws NoSuchFileException {
    try {
      long bytes = Files.size(file);
      if (sha256.isPresent()) {
        String found = Digests.ofFile(file);
        if (!found.equals(sha256.get())) {
          flaws.add(otherBytes(file, found, sha256.get()));
          progress.accept(bytes);
          return Optional.empty();
        }
      }
      ParquetRows.Written written = ParquetRows.digests(file);
      progress.accept(bytes);
      return Optional.of(
          new Rows(file, RowFormat.fingerprint(written.schema()), written.rowDigests()));
    } catch (NoSuchFileException e) {
      throw e;
    } catch (UserMistake unreadable) {
      flaws.add(Flaw.damaged(file, "it cannot be read as Parquet"));
    } catch (IOException e) {
      flaws.add(unreadable(file, e));
    }
    return Optional.empty();
  }

  private static void againstCommit(Rows rows, ShardCommit commit, List<Flaw> flaws) {
    Path part = rows.file();
    if (rows.digests().size() != commit.rows()) {
      flaws.add(
          Flaw.damaged(
              part,
              "it holds %d rows, recorded %d".formatted(rows.digests().size(), commit.rows())));
      return;
    }
    String digest = Digests.ofRowDigests(rows.digests());
    if (!digest.equals(commit.digest())) {
      flaws.add(
          Flaw.damaged(
              part, "its rows have digest %s, recorded %s".formatted(digest, commit.digest())));
    } else if (!rows.schema().equals(commit.schema())) {
      flaws.add(Flaw.damaged(part, "its schema is not the one that was recorded"));
    }
  }

  private void againstShards(
      StageManifest manifest, SortedMap<Integer, StageProof.Shard> shards, List<Flaw> flaws) {
    Path file = StageFiles.manifest(directory);
    Map<Integer, StageManifest.Shard> entries =
        manifest.shards().stream()
            .collect(Collectors.toMap(StageManifest.Shard::shard, entry -> entry, (a, b) -> a));
    StageProof stage = new StageProof(directory, Optional.of(manifest), shards, List.of());
    for (StageProof.Shard shard : stage.ownShards()) {
      Optional<ShardCommit> commit = shard.commit();
      if (commit.isPresent()
          && shard.flaws().isEmpty()
          && !agrees(entries.get(shard.shard()), commit.get())) {
        flaws.add(
            Flaw.damaged(
                file, "of shard %d it says other than the commit".formatted(shard.shard())));
        return;
      }
    }
    Optional<String> digest = stage.digest();
    if (digest.isPresent() && !digest.get().equals(manifest.digest())) {
      flaws.add(
          Flaw.damaged(
              file,
              "its rows have digest %s, recorded %s".formatted(digest.get(), manifest.digest())));
    }
  }

  private static boolean agrees(StageManifest.Shard entry, ShardCommit commit) {
    return entry != null
        && entry.part().equals(commit.part())
        && entry.rows() == commit.rows()
        && entry.digest().equals(commit.digest())
        && entry.memoKey().equals(commit.memoKey());
  }

  /** Shards are numbered from 0: where one is there, so are those before it once all are closed. */
  private void gaps(
      SortedMap<Integer, StageProof.Shard> shards,
      Optional<StageManifest> manifest,
      List<Flaw> flaws) {
    if (!closed || shards.isEmpty()) {
      return;
    }
    int end =
        manifest
            .map(found -> found.shards().stream().mapToInt(StageManifest.Shard::shard))
            .map(numbers -> numbers.max().orElse(-1) + 1)
            .orElse(shards.lastKey());
    IntStream.range(0, end)
        .filter(shard -> !shards.containsKey(shard))
        .forEach(
            shard -> flaws.add(Flaw.missing(directory, "shard %d has no commit".formatted(shard))));
  }

  /** Whoever opens the folder as a table takes every part's rows. */
  private void extras(
      SortedMap<Integer, StageProof.Shard> shards,
      Optional<StageManifest> manifest,
      List<Flaw> flaws) {
    Set<String> named = new HashSet<>();
    shards.values().forEach(shard -> shard.commit().ifPresent(commit -> named.add(commit.part())));
    manifest.ifPresent(found -> found.shards().forEach(entry -> named.add(entry.part())));
    List<Integer> unknown = unknown(shards, manifest);
    for (Path file : list()) {
      String name = file.getFileName().toString();
      boolean read = name.endsWith(".parquet") && !name.startsWith("_") && !name.startsWith(".");
      boolean lost = unknown.stream().anyMatch(shard -> StageFiles.isPartOf(shard, name));
      if (read && !named.contains(name) && !lost && !isCommittedNow(name)) {
        flaws.add(
            Flaw.extra(file, "no commit names it; programs that open the folder read its rows"));
      }
    }
  }

  /** Shards of which nobody can say what their part is called: the commit that names it is bad. */
  private static List<Integer> unknown(
      SortedMap<Integer, StageProof.Shard> shards, Optional<StageManifest> manifest) {
    Set<Integer> entries =
        manifest.stream()
            .flatMap(found -> found.shards().stream())
            .map(StageManifest.Shard::shard)
            .collect(Collectors.toSet());
    return shards.values().stream()
        .filter(shard -> !entries.contains(shard.shard()))
        .filter(
            shard ->
                shard.flaws().stream()
                    .anyMatch(
                        flaw ->
                            flaw.kind() == Flaw.Kind.DAMAGED && StageFiles.isCommit(flaw.file())))
        .map(StageProof.Shard::shard)
        .toList();
  }

  /** Whether a driver committed the part since the commits were listed. */
  private boolean isCommittedNow(String part) {
    return !closed
        && list().stream()
            .filter(StageFiles::isCommit)
            .anyMatch(
                file ->
                    commit(StageFiles.shardOf(file), file, new ArrayList<>())
                        .filter(commit -> commit.part().equals(part))
                        .isPresent());
  }

  private List<Path> list() {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      entries.forEach(files::add);
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + directory, e);
    }
    files.sort(null);
    return files;
  }
}
