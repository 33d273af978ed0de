package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Locations;
import io.capoflow.schemas.UserMistake;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Makes a process the only driver of a directory. On this machine's file systems the operating
 * system holds the lock and drops it when the process ends, however it ends, so nothing stale is
 * left. Elsewhere the directory has a {@link Lease}.
 */
public final class RunLock implements AutoCloseable {
  /** What holds a place in {@link #HELD} until the lock is there. */
  private static final Closeable NOTHING_YET = () -> {};

  /**
   * Directories that this process drives. POSIX drops a process's lock as soon as it closes any
   * channel on the file, so a second attempt must not even open it.
   */
  private static final Map<Path, Closeable> HELD = new ConcurrentHashMap<>();

  private final Path directory;

  private RunLock(Path directory) {
    this.directory = directory;
  }

  /**
   * How a driver comes to a directory.
   *
   * @param settle run as soon as this process is the only driver, before anything is deleted: what
   *     an earlier driver left at work may still need it
   * @param takesOver a lease whose owner may live
   * @param notices what there is to tell meanwhile, in lines
   */
  public record Arrival(Runnable settle, boolean takesOver, Consumer<String> notices) {
    public Arrival {
      requireNonNull(settle, "settle");
      requireNonNull(notices, "notices");
    }

    /** Nothing was left, nothing is told. */
    public static Arrival plain() {
      return new Arrival(() -> {}, false, notice -> {});
    }
  }

  /**
   * Takes the lock of an existing directory, and settles what an earlier driver left.
   *
   * @param flag that names the directory, for messages
   * @throws UserMistake when it cannot be written, or another driver holds it
   */
  public static RunLock acquire(Path directory, String flag, Arrival arrival) {
    Path real;
    try {
      real = directory.toRealPath();
    } catch (IOException e) {
      throw unwritable(directory, flag, e);
    }
    if (HELD.putIfAbsent(real, NOTHING_YET) != null) {
      throw held(directory, flag);
    }
    Optional<Closeable> taken = Optional.empty();
    try {
      taken = Locations.isLocal(real) ? lock(real) : lease(real, arrival);
    } catch (IOException e) {
      throw unwritable(directory, flag, e);
    } finally {
      if (taken.isEmpty()) {
        HELD.remove(real);
      }
    }
    HELD.put(real, taken.orElseThrow(() -> held(directory, flag)));
    RunLock lock = new RunLock(real);
    lock.whileHeld(arrival.settle());
    return lock;
  }

  /**
   * Asked before a file is written: whether this process may still write where it is the driver.
   *
   * @throws UserMistake when another driver has taken the directory over
   * @throws IOException when the store cannot be asked
   */
  static void requireHeld(Path file) throws IOException {
    for (Closeable held : HELD.values()) {
      if (held instanceof Lease lease && lease.covers(file)) {
        lease.requireHeld();
      }
    }
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

  private static Optional<Closeable> lock(Path directory) throws IOException {
    FileChannel channel =
        FileChannel.open(
            directory.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (channel.tryLock() != null) {
      return Optional.of(channel);
    }
    channel.close();
    return Optional.empty();
  }

  private static Optional<Closeable> lease(Path directory, Arrival arrival) throws IOException {
    return Lease.take(directory, arrival.takesOver(), arrival.notices(), Lease.Time.SYSTEM)
        .map(lease -> (Closeable) lease);
  }

  private static UserMistake unwritable(Path directory, String flag, IOException cause) {
    return new UserMistake(
        "the directory %s cannot be written (%s): choose another with %s"
            .formatted(directory, cause, flag),
        cause);
  }

  private static UserMistake held(Path directory, String flag) {
    String holder = Locations.isLocal(directory) ? "another process" : Lease.holder(directory);
    return new UserMistake(
        "%s is driving %s: wait for it, stop it, or choose another with %s"
            .formatted(holder, directory, flag));
  }

  @Override
  public void close() {
    Closeable held = HELD.get(directory);
    try {
      if (held != null) {
        held.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      HELD.remove(directory);
    }
  }
}
