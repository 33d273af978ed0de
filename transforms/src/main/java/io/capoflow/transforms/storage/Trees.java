package io.capoflow.transforms.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** Whole folders. */
public final class Trees {
  private Trees() {}

  /** Bytes of a file; 0 where it is not there, or no file: for progress, which is a guess then. */
  public static long bytes(Path file) {
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      return found.isRegularFile() ? found.size() : 0;
    } catch (IOException gone) {
      return 0;
    }
  }

  /**
   * Deletes a folder with all that is in it, if it is there.
   *
   * @throws UncheckedIOException when it cannot be deleted
   */
  public static void delete(Path folder) {
    try {
      Durable.deleteTree(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + folder, e);
    }
  }
}
