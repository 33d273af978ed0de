package io.capoflow.transforms.storage;

import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Says that something could not be written in a line: a full disk is the user's to mend. An
 * interrupt, which closes the channel that is written to, is nobody's.
 */
public final class WriteFailures {
  private WriteFailures() {}

  /**
   * What to throw in place of a failure to write a file or directory: a {@link UserMistake}, or
   * {@link Cancelled} where the writing thread was interrupted.
   */
  public static RuntimeException of(Path target, IOException failure) {
    if (failure instanceof ClosedByInterruptException) {
      return new Cancelled("writing " + target, failure);
    }
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
