package io.capoflow.runners.cli;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files and directories that a command will write. */
final class Output {
  private Output() {}

  /**
   * Makes a file's directory.
   *
   * @param flag how the user named the file
   * @throws UserMistake when it cannot be written there
   */
  static void prepare(String flag, Path file) {
    Path directory = file.toAbsolutePath().normalize().getParent();
    if (directory == null || Files.isDirectory(file)) {
      throw new UserMistake(flag + " " + file + ": is a directory; name a file");
    }
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UserMistake(
          flag + " " + file + ": its directory cannot be made (" + e + "); name another", e);
    }
    if (!Files.isWritable(directory) || (Files.exists(file) && !Files.isWritable(file))) {
      throw new UserMistake(flag + " " + file + ": cannot be written; name another");
    }
  }
}
