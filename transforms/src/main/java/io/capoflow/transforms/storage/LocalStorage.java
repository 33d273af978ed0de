package io.capoflow.transforms.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** A disk of this machine, or one that machines share as a POSIX file system. */
enum LocalStorage implements RunStorage {
  INSTANCE;

  @Override
  public boolean createExclusively(Path target, byte[] content) throws IOException {
    Path draft = write(target, content);
    try {
      // A hard link appears atomically and complete; a rename would silently replace a winner's
      // file.
      Files.createLink(target, draft);
    } catch (FileAlreadyExistsException e) {
      return false;
    } finally {
      Files.deleteIfExists(draft);
    }
    force(target.toAbsolutePath().getParent());
    return true;
  }

  @Override
  public void replace(Path target, byte[] content) throws IOException {
    Path draft = write(target, content);
    Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    force(target.toAbsolutePath().getParent());
  }

  @Override
  public void force(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public boolean nameFolder(Path attempt, Path target, String seal) throws IOException {
    try {
      // rename(2) replaces an empty directory only; a committed version never is one.
      Files.move(attempt, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileAlreadyExistsException e) {
      return false;
    } catch (FileSystemException e) {
      if (Files.exists(target.resolve(seal))) {
        return false;
      }
      throw e;
    }
    force(target.toAbsolutePath().getParent());
    return true;
  }

  @Override
  public void finishFolder(Path target, String seal) {}

  private static Path write(Path target, byte[] content) throws IOException {
    Path draft = Durable.draft(target);
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
