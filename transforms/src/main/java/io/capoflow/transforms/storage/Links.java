package io.capoflow.transforms.storage;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files under a second name, without a second copy where the file system has hard links. */
public final class Links {
  private Links() {}

  /**
   * Gives a file a second name. Neither name may be written through: files of a run are replaced
   * whole.
   */
  public static void link(Path file, Path name) throws IOException {
    Files.createDirectories(name.toAbsolutePath().getParent());
    try {
      Files.createLink(name, file);
    } catch (UnsupportedOperationException | FileSystemException e) {
      Files.copy(file, name);
    }
  }

  /** The same for every file of a folder and of those in it. */
  public static void linkTree(Path folder, Path name) throws IOException {
    Files.createDirectories(name);
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        Path target = name.resolve(entry.getFileName().toString());
        if (Files.isDirectory(entry)) {
          linkTree(entry, target);
        } else {
          link(entry, target);
        }
      }
    }
  }
}
