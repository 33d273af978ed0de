package io.capoflow.transforms.journal;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Files and folders that nobody but their owner reads: prompts and answers are in them. */
public final class PrivateFiles {
  private static final FileAttribute<Set<PosixFilePermission>> OF_A_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<Set<PosixFilePermission>> OF_A_FOLDER =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private PrivateFiles() {}

  /**
   * The real path of a journal's folder, which is made where it is not there.
   *
   * @throws UserMistake when it cannot be made
   */
  public static Path folder(Path folder) {
    try {
      Path parent = folder.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.createDirectory(folder, OF_A_FOLDER);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder)) {
        throw new UserMistake(
            "the journal %s is no folder: name another with critique.journal".formatted(folder), e);
      }
    } catch (IOException e) {
      throw unusable(folder, e);
    }
    try {
      return folder.toRealPath();
    } catch (IOException e) {
      throw unusable(folder, e);
    }
  }

  /**
   * The real path of a journal's folder.
   *
   * @throws UserMistake when it is not there
   */
  static Path existing(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new UserMistake(
          "%s is no directory: name a journal, such as runs/journal".formatted(folder));
    }
    try {
      return folder.toRealPath();
    } catch (IOException e) {
      throw unusable(folder, e);
    }
  }

  /** Opens a file; one that is made by that is private from its first moment. */
  static FileChannel open(Path file, OpenOption... options) throws IOException {
    return FileChannel.open(file, Set.of(options), OF_A_FILE);
  }

  /**
   * Makes an empty file.
   *
   * @throws FileAlreadyExistsException when it is there
   */
  public static void create(Path file) throws IOException {
    Files.createFile(file, OF_A_FILE);
  }

  static UserMistake unusable(Path folder, IOException cause) {
    return new UserMistake(
        "the journal %s cannot be used (%s): mend it, or name another folder with critique.journal"
            .formatted(folder, cause),
        cause);
  }
}
