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
 * digests of its rows anew, and holds commits and manifest to them. Changes nothing, and may be run
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
    gaps(shards, flaws);
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
    }
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
    Optional<ShardCommit> commit = Optional.empty();
    for (Path file : files) {
      Optional<ShardCommit> read = commit(shard, file, flaws);
      if (commit.isPresent() && read.isPresent() && closed) {
        flaws.add(Flaw.extra(file, "the shard has another commit"));
      }
      commit = commit.or(() -> read);
    }
    Optional<StageManifest.Shard> entry =
        manifest.stream()
            .flatMap(found -> found.shards().stream())
            .filter(found -> found.shard() == shard)
            .findFirst();
    if (files.isEmpty()) {
      Path place = entry.map(found -> commitFile(shard, found.memoKey())).orElse(directory);
      flaws.add(Flaw.missing(place, "the manifest names the shard, and no commit does"));
    }
    Optional<Path> part =
        commit
            .map(ShardCommit::part)
            .or(() -> entry.map(StageManifest.Shard::part))
            .map(this::part);
    Optional<Rows> rows = Optional.empty();
    if (part.isPresent()) {
      rows = rows(part.get(), flaws);
      if (rows.isEmpty() && !files.isEmpty() && files.stream().noneMatch(Files::exists)) {
        return Optional.empty();
      }
    }
    if (rows.isPresent() && commit.isPresent()) {
      againstCommit(part.orElseThrow(), rows.get(), commit.get(), flaws);
    }
    sha256(part, files, manifest, flaws);
    boolean holds =
        rows.isPresent()
            && flaws.stream().noneMatch(flaw -> flaw.file().equals(part.orElseThrow()));
    return Optional.of(
        new StageProof.Shard(
            shard, commit, holds ? rows.map(Rows::digests) : Optional.empty(), flaws));
  }

  /** What rows and records do not show: other programs read a part's statistics, too. */
  private void sha256(
      Optional<Path> part, List<Path> commits, Optional<StageManifest> manifest, List<Flaw> flaws) {
    Map<String, String> recorded = manifest.map(StageManifest::files).orElse(new TreeMap<>());
    Stream.concat(part.stream(), commits.stream())
        .filter(file -> recorded.containsKey(file.getFileName().toString()))
        .filter(file -> flaws.stream().noneMatch(flaw -> flaw.file().equals(file)))
        .forEach(
            file -> {
              String wanted = recorded.get(file.getFileName().toString());
              try {
                String found = Digests.ofFile(file);
                if (!found.equals(wanted)) {
                  flaws.add(
                      Flaw.damaged(
                          file, "its SHA-256 is %s, recorded %s".formatted(found, wanted)));
                }
              } catch (IOException e) {
                flaws.add(Flaw.damaged(file, "it cannot be read (" + e.getMessage() + ")"));
              }
            });
  }

  private Optional<ShardCommit> commit(int shard, Path file, List<Flaw> flaws) {
    try {
      ShardCommit commit = JsonFiles.read(file, ShardCommit.class);
      if (commit.shard() != shard
          || !file.equals(commitFile(shard, commit.memoKey()))
          || commit.rowDigests().size() != commit.rows()
          || !Digests.ofRowDigests(commit.rowDigests()).equals(commit.digest())) {
        flaws.add(Flaw.damaged(file, "what it says does not agree with itself or its name"));
        return Optional.empty();
      }
      return Optional.of(commit);
    } catch (UserMistake | IllegalArgumentException unreadable) {
      flaws.add(Flaw.damaged(file, "it cannot be read"));
      return Optional.empty();
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof NoSuchFileException) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private Path commitFile(int shard, String memoKey) {
    return memoKey.length() < 16 ? directory : StageFiles.commit(directory, shard, memoKey);
  }

  /** A part under its name, or as the committed draft that the next reader renames. */
  private Path part(String name) {
    Path part = directory.resolve(name);
    Path draft = directory.resolve(StageFiles.draft(name));
    return !Files.exists(part) && Files.exists(draft) ? draft : part;
  }

  /** What a part's bytes hold. */
  private record Rows(String schema, List<String> digests) {}

  private Optional<Rows> rows(Path part, List<Flaw> flaws) {
    try {
      long bytes = Files.size(part);
      ParquetRows.Written written = ParquetRows.digests(part);
      progress.accept(bytes);
      return Optional.of(new Rows(RowFormat.fingerprint(written.schema()), written.rowDigests()));
    } catch (NoSuchFileException e) {
      flaws.add(Flaw.missing(part, "the file is gone"));
    } catch (UserMistake unreadable) {
      flaws.add(Flaw.damaged(part, "it cannot be read as Parquet"));
    } catch (IOException e) {
      flaws.add(Flaw.damaged(part, "it cannot be read (" + e.getMessage() + ")"));
    }
    return Optional.empty();
  }

  private static void againstCommit(Path part, Rows rows, ShardCommit commit, List<Flaw> flaws) {
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
    for (StageProof.Shard shard : shards.values()) {
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
    Optional<String> digest =
        new StageProof(directory, Optional.empty(), shards, List.of()).digest();
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
  private void gaps(SortedMap<Integer, StageProof.Shard> shards, List<Flaw> flaws) {
    if (!closed || shards.isEmpty()) {
      return;
    }
    IntStream.range(0, shards.lastKey())
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
    for (Path file : list()) {
      String name = file.getFileName().toString();
      boolean read = name.endsWith(".parquet") && !name.startsWith("_") && !name.startsWith(".");
      if (read && !named.contains(name) && !isCommittedNow(name)) {
        flaws.add(
            Flaw.extra(file, "no commit names it; programs that open the folder read its rows"));
      }
    }
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
