package io.capoflow.transforms.workers;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.UUID;

/**
 * Whether two processes see one folder. One puts a file there that holds what nobody can guess, the
 * other reads it: a folder of the same name on another machine has no such file.
 */
final class SharedFolder {
  private SharedFolder() {}

  static Path file(Path folder, String token) {
    return folder.resolve(".seen-" + token);
  }

  /** Puts the file there. */
  static void mark(Path folder, String token) throws IOException {
    Files.writeString(file(folder, token), token, UTF_8);
  }

  /** Why this process cannot read and write there; empty where it can. */
  static Optional<String> fault(Path folder, String token) {
    try {
      if (!Files.readString(file(folder, token), UTF_8).equals(token)) {
        return Optional.of("does not see");
      }
    } catch (IOException e) {
      return Optional.of("does not see");
    }
    try {
      Path written = folder.resolve(".written-" + UUID.randomUUID());
      Files.write(written, new byte[0], StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      Files.delete(written);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of("cannot write to");
    }
  }
}
