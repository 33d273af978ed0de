package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * The manifest in a stage's directory, read again only when it is another file: every shard that is
 * added to a large table asks for it. A manifest is replaced as a whole, which makes another file.
 * Thread-safe.
 */
final class KnownManifest {
  private final Path directory;
  private volatile Optional<Read> last = Optional.empty();

  KnownManifest(Path directory) {
    this.directory = requireNonNull(directory, "directory");
  }

  /** A file and what it said; empty where it was no manifest. */
  private record Read(Optional<FileMark> file, Optional<StageManifest> manifest) {
    boolean isOf(Optional<FileMark> now) {
      return now.isPresent() && now.equals(file);
    }
  }

  /** Empty where there is none, and where it cannot be read. */
  Optional<StageManifest> find() {
    BasicFileAttributes file;
    try {
      file = Files.readAttributes(StageFiles.manifest(directory), BasicFileAttributes.class);
    } catch (NoSuchFileException none) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the manifest in " + directory, e);
    }
    Optional<FileMark> mark = FileMark.of(file);
    Optional<Read> known = last.filter(read -> read.isOf(mark));
    if (known.isEmpty()) {
      known = Optional.of(new Read(mark, readable()));
      last = known;
    }
    return known.get().manifest();
  }

  private Optional<StageManifest> readable() {
    try {
      return StageManifest.find(directory);
    } catch (UserMistake unreadable) {
      return Optional.empty();
    }
  }
}
