package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.transforms.filesystems.ContentTag;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * By what a file is known that nobody has written to since: the file itself, wherever it is moved,
 * its size and when it was changed. Files that are replaced whole get another mark. In an object
 * store, where to move is to copy, its content alone.
 *
 * @param key of the file in its file system
 */
public record FileMark(Object key, FileTime modified, long size) {
  public FileMark {
    requireNonNull(key, "key");
    requireNonNull(modified, "modified");
  }

  /** Of a file; empty where it is not there, and where its file system tells files not apart. */
  public static Optional<FileMark> of(Path file) {
    try {
      return of(Files.readAttributes(file, BasicFileAttributes.class));
    } catch (IOException notThere) {
      return Optional.empty();
    }
  }

  /** The same from attributes that were read. */
  static Optional<FileMark> of(BasicFileAttributes file) {
    return Optional.ofNullable(file.fileKey())
        .map(key -> new FileMark(key, changed(key, file), file.size()));
  }

  private static FileTime changed(Object key, BasicFileAttributes file) {
    return key instanceof ContentTag ? FileTime.fromMillis(0) : file.lastModifiedTime();
  }

  /**
   * Of each file in a directory, by its path there; none where the directory cannot be read, and of
   * a file that cannot.
   */
  public static SortedMap<String, FileMark> ofTree(Path directory) {
    SortedMap<String, FileMark> marks = new TreeMap<>();
    try (Stream<Path> walk = Files.walk(directory)) {
      for (Path file : walk.filter(Files::isRegularFile).toList()) {
        of(file).ifPresent(mark -> marks.put(directory.relativize(file).toString(), mark));
      }
    } catch (IOException | UncheckedIOException notThere) {
      return new TreeMap<>();
    }
    return marks;
  }
}
