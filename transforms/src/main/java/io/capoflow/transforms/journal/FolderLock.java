package io.capoflow.transforms.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets one thread of one process at a time do something in a folder. The operating system drops the
 * lock when the process ends, however it ends. Thread-safe.
 */
final class FolderLock {
  /**
   * Of this process's threads. POSIX drops a lock as soon as its process closes any channel on the
   * file, so only the thread whose turn it is may open it.
   */
  private static final Map<Path, ReentrantLock> TURNS = new ConcurrentHashMap<>();

  private final Path file;
  private final ReentrantLock turn;

  private FolderLock(Path file) {
    this.file = file;
    this.turn = TURNS.computeIfAbsent(file, unused -> new ReentrantLock());
  }

  /** Held while lines are stamped and written, and while files are listed, added or deleted. */
  static FolderLock ofFiles(Path folder) {
    return new FolderLock(folder.resolve(".files.lock"));
  }

  /** Held by whoever turns segments into Parquet. */
  static FolderLock ofCompaction(Path folder) {
    return new FolderLock(folder.resolve(".compaction.lock"));
  }

  /** The right to go on, until closed by the thread that took it. */
  record Held(ReentrantLock turn, FileChannel channel) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      try {
        channel.close();
      } finally {
        turn.unlock();
      }
    }
  }

  /** Waits for its turn. */
  Held take() throws IOException {
    turn.lock();
    return locked(false).orElseThrow();
  }

  /** Takes it, unless somebody has it. */
  Optional<Held> tryToTake() throws IOException {
    return turn.tryLock() ? locked(true) : Optional.empty();
  }

  private Optional<Held> locked(boolean unlessTaken) throws IOException {
    Optional<FileChannel> open = Optional.empty();
    boolean held = false;
    try {
      open =
          Optional.of(PrivateFiles.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE));
      held = unlessTaken ? open.get().tryLock() != null : open.get().lock() != null;
      return held ? Optional.of(new Held(turn, open.get())) : Optional.empty();
    } finally {
      if (!held) {
        if (open.isPresent()) {
          open.get().close();
        }
        turn.unlock();
      }
    }
  }
}
