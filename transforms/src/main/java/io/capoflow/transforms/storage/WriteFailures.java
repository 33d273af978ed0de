package io.capoflow.transforms.storage;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Optional;

/** Says that something could not be written in a line: a full disk is the user's to mend. */
public final class WriteFailures {
  private WriteFailures() {}

  /** What to throw in place of a failure to write a file or directory. */
  public static UserMistake of(Path target, IOException failure) {
    return new UserMistake(
        "%s cannot be written (%s): make room or mend the disk, and give the same command again; nothing that is committed is lost"
            .formatted(target, reason(failure)),
        failure);
  }

  private static String reason(IOException failure) {
    return failure instanceof FileSystemException system
        ? Optional.ofNullable(system.getReason()).orElse(failure.getClass().getSimpleName())
        : String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
  }
}
