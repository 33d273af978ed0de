package io.capoflow.transforms.workers;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.journal.PrivateFiles;
import io.capoflow.transforms.storage.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Where workers write what they are: a hidden folder of the directory that they work in, which is
 * there while they are asked. For one driver at a time.
 */
public final class WorkerFolder implements AutoCloseable {
  private static final String NAME = ".workers";

  private final Path folder;
  private final String token;
  private final WorkerNeeds needs;

  private WorkerFolder(Path folder, String token, WorkerNeeds needs) {
    this.folder = folder;
    this.token = token;
    this.needs = needs;
  }

  /**
   * Makes the folder, and marks it and the journal's folder for those who are to see them.
   *
   * @param directory of the work, whose only driver the caller is
   * @throws UserMistake when the directory or the journal cannot be written
   */
  public static WorkerFolder open(Path directory, WorkerNeeds needs) {
    requireNonNull(needs, "needs");
    Path folder = directory.toAbsolutePath().normalize().resolve(NAME);
    // Of an earlier driver that was killed.
    Trees.delete(folder);
    String token = UUID.randomUUID().toString();
    WorkerFolder opened = new WorkerFolder(folder, token, needs);
    mark(folder, token, directory, "name another with --run or --output");
    needs
        .journal()
        .ifPresent(
            journal -> {
              // Made as critics make it: for nobody else's eyes.
              PrivateFiles.folder(journal);
              mark(journal, token, journal, "name another folder with critique.journal");
            });
    return opened;
  }

  private static void mark(Path folder, String token, Path named, String mend) {
    try {
      Files.createDirectories(folder);
      SharedFolder.mark(folder, token);
    } catch (IOException e) {
      throw new UserMistake("%s cannot be written (%s): %s".formatted(named, e, mend), e);
    }
  }

  WorkerProbe probe() {
    return new WorkerProbe(folder, token, needs);
  }

  /** What all who were asked have said. */
  public Workers workers() {
    List<WorkerReport> reports = WorkerReport.readAll(folder);
    return new Workers(reports, needs.numerics());
  }

  /** Deletes what was written to ask them. */
  @Override
  public void close() {
    Trees.delete(folder);
    Optional<Path> mark = needs.journal().map(journal -> SharedFolder.file(journal, token));
    try {
      if (mark.isPresent()) {
        Files.deleteIfExists(mark.get());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + mark.get(), e);
    }
  }
}
