package io.capoflow.transforms.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Whole folders. */
public final class Trees {
  private Trees() {}

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
