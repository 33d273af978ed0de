package io.capoflow.transforms.journal;

import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.Durable;
import io.capoflow.transforms.storage.Faults;
import io.capoflow.transforms.storage.WriteFailures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * Turns segments that nobody writes to any more, and small Parquet files, into one Parquet file.
 * The new file appears in one step before the old ones go, and names them: killed in between, the
 * next compaction deletes what is left over.
 */
public final class Compaction {
  /** Larger files stay as they are, unless answers are to go. */
  private static final long LARGE_BYTES = 512L << 20;

  private static final int MANY_FILES = 8;
  private static final long MANY_BYTES = 64L << 20;

  private final Path folder;
  private final FolderLock files;

  private Compaction(Path folder) {
    this.folder = folder;
    this.files = FolderLock.ofFiles(folder);
  }

  /**
   * What was done.
   *
   * @param segments that became Parquet
   * @param parquetFiles that were merged
   * @param answers in the new file
   * @param dropped answers that are in no file any more, since they were not to be kept
   * @param file the new one; empty where there was nothing to do, or nothing is left
   */
  public record Result(
      int segments, int parquetFiles, long answers, long dropped, Optional<Path> file) {
    static final Result NOTHING = new Result(0, 0, 0, 0, Optional.empty());
  }

  /**
   * Compacts all that can be; waits for a compaction that goes on.
   *
   * @throws UserMistake when there is no such folder, or a file is damaged or cannot be written
   */
  public static Result run(Path folder) {
    Path place = PrivateFiles.existing(folder);
    try (FolderLock.Held held = FolderLock.ofCompaction(place).take()) {
      return new Compaction(place).compact(false, answer -> true);
    } catch (IOException e) {
      throw WriteFailures.of(folder, e);
    }
  }

  /**
   * Compacts where files have become many or large, unless somebody does it already.
   *
   * @throws UserMistake when a file is damaged or cannot be written
   */
  static Result runWhereWorthwhile(Path folder) {
    try {
      if (!isWorthwhile(
          JournalFiles.list(folder, SegmentFiles::isSegment),
          JournalFiles.list(folder, AnswersFile::isAnswers))) {
        return Result.NOTHING;
      }
      Optional<FolderLock.Held> held = FolderLock.ofCompaction(folder).tryToTake();
      if (held.isEmpty()) {
        return Result.NOTHING;
      }
      try (FolderLock.Held lock = held.get()) {
        return new Compaction(folder).compact(false, answer -> true);
      }
    } catch (IOException e) {
      throw WriteFailures.of(folder, e);
    }
  }

  /**
   * Keeps some answers alone.
   *
   * @throws UserMistake when a process writes to the journal, or a file is damaged or cannot be
   *     written
   */
  static Result keep(Path folder, Predicate<KeptAnswer> kept) {
    try (FolderLock.Held held = FolderLock.ofCompaction(folder).take()) {
      int writers = SegmentFiles.writers(folder);
      if (writers > 0) {
        throw new UserMistake(
            "the journal %s is in use by %s: wait until they have ended, or stop them"
                .formatted(folder, writers == 1 ? "a process" : writers + " processes"));
      }
      return new Compaction(folder).compact(true, kept);
    } catch (IOException e) {
      throw WriteFailures.of(folder, e);
    }
  }

  /** Asked without a lock: files that another compaction deleted meanwhile count as nothing. */
  static boolean isWorthwhile(List<Path> segments, List<Path> answers) throws IOException {
    int dead = 0;
    long bytes = 0;
    for (Path file : segments) {
      if (!SegmentFiles.isWrittenTo(file)) {
        OptionalLong size = JournalFiles.size(file);
        dead += size.isPresent() ? 1 : 0;
        bytes += size.orElse(0);
      }
    }
    int small = 0;
    for (Path file : answers) {
      if (JournalFiles.size(file).orElse(LARGE_BYTES) < LARGE_BYTES) {
        small++;
      }
    }
    return dead >= MANY_FILES || small >= MANY_FILES || bytes >= MANY_BYTES;
  }

  private Result compact(boolean largeOnesToo, Predicate<KeptAnswer> kept) throws IOException {
    try (JournalFiles old = sources(largeOnesToo)) {
      int segments = old.segments().size();
      int parquetFiles = old.answers().size();
      if (segments == 0 && parquetFiles < 2 && !largeOnesToo) {
        return Result.NOTHING;
      }
      Path target = AnswersFile.inFolder(folder, SegmentFiles.time(), Durable.attempt());
      Path draft = folder.resolve("." + target.getFileName());
      PrivateFiles.create(draft);
      try {
        Written written = write(draft, old, kept);
        Durable.sync(draft);
        Faults.at("journal/after-draft");
        boolean empty = written.answers() == 0 && written.origins().isNothing();
        replace(old, empty ? Optional.empty() : Optional.of(draft), target);
        return new Result(
            segments,
            parquetFiles,
            written.answers(),
            written.dropped(),
            empty ? Optional.empty() : Optional.of(target));
      } finally {
        Files.deleteIfExists(draft);
      }
    }
  }

  /** What is to be made one file; what earlier compactions left over is deleted. */
  private JournalFiles sources(boolean largeOnesToo) throws IOException {
    try (FolderLock.Held held = files.take()) {
      JournalFiles all = JournalFiles.open(folder, file -> !SegmentFiles.isWrittenTo(file));
      for (Path file : all.leftOver()) {
        Files.deleteIfExists(file);
      }
      for (Path draft : JournalFiles.list(folder, AnswersFile::isDraft)) {
        Files.deleteIfExists(draft);
      }
      for (Path draft : JournalFiles.list(folder, SegmentFiles::isDraft)) {
        Files.deleteIfExists(draft);
      }
      if (!largeOnesToo) {
        all.leaveOut(all.answers().stream().filter(file -> file.bytes() >= LARGE_BYTES).toList());
      }
      return all;
    }
  }

  private record Written(long answers, long dropped, Origins origins) {}

  private static Written write(Path draft, JournalFiles old, Predicate<KeptAnswer> kept)
      throws IOException {
    AnswerMerge merged = old.merge();
    long answers = 0;
    long dropped = 0;
    try (AnswersWriter writer = new AnswersWriter(draft, () -> old.origins(merged))) {
      while (merged.hasNext()) {
        KeptAnswer answer = merged.next();
        if (kept.test(answer)) {
          writer.write(answer.row());
          answers++;
        } else {
          dropped++;
        }
      }
    }
    return new Written(answers, dropped, old.origins(merged));
  }

  private void replace(JournalFiles old, Optional<Path> draft, Path target) throws IOException {
    try (FolderLock.Held held = files.take()) {
      if (draft.isPresent()) {
        Files.move(draft.get(), target, StandardCopyOption.ATOMIC_MOVE);
        Durable.sync(folder);
      }
      Faults.at("journal/after-publish");
      for (Segment segment : old.segments()) {
        if (segment.damaged() > 0) {
          // Whoever knows more than we do may still read something there.
          Files.move(
              segment.file(),
              folder.resolve("_damaged-" + segment.name()),
              StandardCopyOption.ATOMIC_MOVE);
        } else {
          Files.deleteIfExists(segment.file());
        }
        Faults.at("journal/after-delete");
      }
      for (AnswersFile file : old.answers()) {
        Files.deleteIfExists(file.file());
      }
      Durable.sync(folder);
    }
  }
}
