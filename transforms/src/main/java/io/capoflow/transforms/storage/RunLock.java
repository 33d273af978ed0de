package io.capoflow.transforms.storage;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes a process the only driver of a directory. The operating system holds the lock and drops it
 * when the process ends, however it ends, so nothing stale is left.
 */
public final class RunLock implements AutoCloseable {
  /**
   * Directories that this process drives. POSIX drops a process's lock as soon as it closes any
   * channel on the file, so a second attempt must not even open it.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path directory;
  private final FileChannel channel;

  private RunLock(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  /**
   * Takes the lock of an existing directory.
   *
   * @param flag that names the directory, for messages
   * @throws UserMistake when it cannot be written, or another driver holds it
   */
  public static RunLock acquire(Path directory, String flag) {
    Path real;
    try {
      real = directory.toRealPath();
    } catch (IOException e) {
      throw unwritable(directory, flag, e);
    }
    if (!HELD.add(real)) {
      throw held(directory, flag);
    }
    Optional<FileChannel> channel = Optional.empty();
    try {
      channel = lock(real, flag);
    } finally {
      if (channel.isEmpty()) {
        HELD.remove(real);
      }
    }
    return new RunLock(real, channel.orElseThrow(() -> held(directory, flag)));
  }

  /** Runs work that needs the lock; where it throws, the lock is given back. */
  public void whileHeld(Runnable work) {
    boolean done = false;
    try {
      work.run();
      done = true;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  private static Optional<FileChannel> lock(Path directory, String flag) {
    try {
      FileChannel channel =
          FileChannel.open(
              directory.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (channel.tryLock() != null) {
        return Optional.of(channel);
      }
      channel.close();
      return Optional.empty();
    } catch (IOException e) {
      throw unwritable(directory, flag, e);
    }
  }

  private static UserMistake unwritable(Path directory, String flag, IOException cause) {
    return new UserMistake(
        "the directory %s cannot be written (%s): choose another with %s"
            .formatted(directory, cause, flag),
        cause);
  }

  private static UserMistake held(Path directory, String flag) {
    return new UserMistake(
        "another process is driving %s: wait for it, stop it, or choose another with %s"
            .formatted(directory, flag));
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      HELD.remove(directory);
    }
  }
}
