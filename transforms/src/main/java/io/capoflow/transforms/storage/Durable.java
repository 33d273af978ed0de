package io.capoflow.transforms.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.UUID;

/** Local files that are there completely or not at all, also after a power cut. */
public final class Durable {
  private Durable() {}

  /** A name part that no other attempt, process or machine uses. Never part of a result. */
  public static String attempt() {
    return UUID.randomUUID().toString().substring(0, 13);
  }

  /**
   * Creates a file with its whole content, unless it exists.
   *
   * @return whether this call created it: of several racing callers exactly one
   */
  static boolean createExclusively(Path target, byte[] content) throws IOException {
    Path draft = write(target, content);
    try {
      if (!link(draft, target)) {
        return false;
      }
    } finally {
      Files.deleteIfExists(draft);
    }
    sync(target.toAbsolutePath().getParent());
    return true;
  }

  /**
   * Gives a file another name, unless that is taken. A hard link appears atomically and complete; a
   * rename would silently replace a winner's file.
   *
   * @return whether this call gave it the name
   */
  static boolean link(Path file, Path target) throws IOException {
    try {
      Files.createLink(target, file);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }

  /** Creates or replaces a file in one step. */
  static void replace(Path target, byte[] content) throws IOException {
    Path draft = write(target, content);
    Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    sync(target.toAbsolutePath().getParent());
  }

  /** Forces a file's or a directory's content to disk. */
  public static void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
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

  private static Path write(Path target, byte[] content) throws IOException {
    Path draft = target.resolveSibling("." + target.getFileName() + "-" + attempt() + ".tmp");
    try (FileChannel channel =
        FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer rest = ByteBuffer.wrap(content);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
      channel.force(true);
    } catch (IOException e) {
      Files.deleteIfExists(draft);
      throw e;
    }
    return draft;
  }
}
