package io.capoflow.transforms.storage;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * HDFS, where a rename is one step of the name node and fails where the name is taken. To create a
 * file there is not enough: it is seen while it is written, and half of it stays of a writer that
 * is killed.
 */
enum HdfsStorage implements RunStorage {
  INSTANCE;

  @Override
  public boolean createExclusively(Path target, byte[] content) throws IOException {
    Path draft = write(target, content);
    try {
      Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  @Override
  public void replace(Path target, byte[] content) throws IOException {
    Path draft = write(target, content);
    Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static Path write(Path target, byte[] content) throws IOException {
    Path draft = Durable.draft(target);
    try {
      Files.write(draft, content, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException e) {
      Files.deleteIfExists(draft);
      throw e;
    }
    return draft;
  }

  /** {@inheritDoc} It was when the file was closed, see {@code HdfsProvider}. */
  @Override
  public void force(Path path) {}

  @Override
  public boolean nameFolder(Path attempt, Path target, String seal) throws IOException {
    try {
      Files.move(attempt, target, StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } catch (FileSystemException e) {
      if (!Files.exists(attempt) && Files.exists(target.resolve(seal))) {
        // The answer to a rename that was made was lost, and its repetition found nothing.
        return true;
      }
      throw e;
    }
  }

  @Override
  public void finishFolder(Path target, String seal) {}
}
