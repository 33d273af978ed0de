package io.capoflow.transforms.journal;

import io.capoflow.transforms.storage.Durable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** How segments are made and named, and whether the process that writes to one is still there. */
final class SegmentFiles {
  private static final String START = "segment-";
  private static final String END = ".jsonl";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  /**
   * Segments that this process writes to. POSIX drops a process's lock as soon as it closes any
   * channel on the file, so that even to ask whether it is locked is too much.
   */
  private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

  private SegmentFiles() {}

  /** A segment that this process alone writes to, locked before others see it. */
  record Written(Path file, FileChannel channel, FileLock lock) {
    /** Lets others know that no more is written; the channel stays open for reading. */
    void release() throws IOException {
      try {
        lock.release();
      } finally {
        OWN.remove(file);
      }
    }
  }

  static boolean isSegment(Path file) {
    String name = file.getFileName().toString();
    return name.startsWith(START) && name.endsWith(END);
  }

  /** One that was never given its name, since its process ended too early. */
  static boolean isDraft(Path file) {
    String name = file.getFileName().toString();
    return name.startsWith("." + START);
  }

  /** The time now, for a name. */
  static String time() {
    return TIME.format(Instant.now());
  }

  /** Makes a segment; the caller holds the folder's lock of files. */
  static Written create(Path folder) throws IOException {
    String name = START + time() + "-" + Durable.attempt() + END;
    Path file = folder.resolve(name);
    Path draft = folder.resolve("." + name);
    FileChannel channel =
        PrivateFiles.open(
            draft,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    boolean made = false;
    try {
      FileLock lock = channel.tryLock();
      if (lock == null) {
        throw new IOException("a new file of this process is locked by another: " + draft);
      }
      OWN.add(file);
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
      Durable.sync(folder);
      made = true;
      return new Written(file, channel, lock);
    } finally {
      if (!made) {
        OWN.remove(file);
        channel.close();
        Files.deleteIfExists(draft);
      }
    }
  }

  /** Whether more may be written to a segment: a process that is still there has it open. */
  static boolean isWrittenTo(Path file) throws IOException {
    if (OWN.contains(file)) {
      return true;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      return channel.tryLock() == null;
    } catch (OverlappingFileLockException e) {
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** How many processes write to a journal. */
  static int writers(Path folder) throws IOException {
    int writers = 0;
    for (Path file : JournalFiles.list(folder, SegmentFiles::isSegment)) {
      if (isWrittenTo(file)) {
        writers++;
      }
    }
    return writers;
  }
}
