package io.capoflow.transforms.storage;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.UUID;

/**
 * Files that are there completely or not at all, also after a power cut, see {@link RunStorage}.
 */
public final class Durable {
  private Durable() {}

  /** A name part that no other attempt, process or machine uses. Never part of a result. */
  public static String attempt() {
    return UUID.randomUUID().toString().substring(0, 13);
  }

  /** A name beside a file that nobody else writes to, and that readers pass over. */
  static Path draft(Path target) {
    return target.resolveSibling("." + target.getFileName() + "-" + attempt() + ".tmp");
  }

  /**
   * Creates a file with its whole content, unless it exists.
   *
   * @param content no other caller's: where an answer was lost, a caller knows its own file by it
   * @return whether this call created it: of several racing callers exactly one
   */
  static boolean createExclusively(Path target, byte[] content) throws IOException {
    RunLock.requireHeld(target);
    return RunStorage.of(target).createExclusively(target, content)
        || Arrays.equals(content, contentOf(target));
  }

  private static byte[] contentOf(Path file) throws IOException {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException deletedMeanwhile) {
      return new byte[0];
    }
  }

  /** Creates or replaces a file in one step. */
  static void replace(Path target, byte[] content) throws IOException {
    RunLock.requireHeld(target);
    RunStorage.of(target).replace(target, content);
  }

  /** Forces a file's or a directory's content to disk. */
  public static void sync(Path path) throws IOException {
    RunStorage.of(path).force(path);
  }

  /** Forces every file and directory of a tree to disk. */
  static void syncTree(Path root) throws IOException {
    Files.walkFileTree(
        root,
        new ContentFirst() {
          @Override
          void at(Path path) throws IOException {
            sync(path);
          }
        });
  }

  /** Deletes a tree, if it is there. */
  static void deleteTree(Path root) throws IOException {
    Files.walkFileTree(
        root,
        new ContentFirst() {
          @Override
          void at(Path path) throws IOException {
            Files.deleteIfExists(path);
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure)
              throws IOException {
            if (failure instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw failure;
          }
        });
  }

  /** Comes to every file and directory of a tree, to a directory after all that lies in it. */
  private abstract static class ContentFirst extends SimpleFileVisitor<Path> {
    abstract void at(Path path) throws IOException;

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      at(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, IOException failure)
        throws IOException {
      if (failure != null) {
        throw failure;
      }
      at(directory);
      return FileVisitResult.CONTINUE;
    }
  }
}
