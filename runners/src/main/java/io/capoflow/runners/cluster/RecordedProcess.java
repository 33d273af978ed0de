package io.capoflow.runners.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JacksonException;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * A process that was started, told from every other that has its number later: the system counts
 * process numbers from the beginning again, and a number that was written down may be somebody
 * else's by now. Immutable and thread-safe.
 *
 * @param pid its number
 * @param boot the system's run in which it was started
 * @param started when in that run, in the kernel's ticks. No change of the clock moves it
 */
record RecordedProcess(long pid, String boot, long started) {
  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

  /** Fields of {@code /proc/PID/stat} behind the name in brackets, which may hold anything. */
  private static final int STATE = 0;

  private static final int START = 19;

  RecordedProcess {
    requireNonNull(boot, "boot");
  }

  /**
   * The process that has this number now.
   *
   * @return empty where there is none, or it is over and only its parent has not heard
   */
  static Optional<RecordedProcess> running(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), UTF_8);
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return switch (fields[STATE]) {
        case "Z", "X", "x" -> Optional.empty();
        default ->
            Optional.of(
                new RecordedProcess(
                    pid, Files.readString(BOOT, UTF_8).strip(), Long.parseLong(fields[START])));
      };
    } catch (IOException gone) {
      return Optional.empty();
    }
  }

  /**
   * What a file says.
   *
   * @return empty where there is no file
   * @throws UserMistake when it says nothing that can be read
   */
  static Optional<RecordedProcess> read(Path file) {
    try {
      return Optional.of(
          Json.READ_RECORDS.forType(RecordedProcess.class).readValue(Files.readString(file)));
    } catch (NoSuchFileException none) {
      return Optional.empty();
    } catch (JacksonException | NullPointerException e) {
      throw new UserMistake(
          file
              + ": names no process; stop what it stood for by hand, if that runs, and delete the"
              + " file",
          e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /** Writes the file, whole or not at all. */
  void write(Path file) throws IOException {
    Path draft = file.resolveSibling("." + file.getFileName());
    Files.writeString(draft, Json.WRITE_RECORDS.writeValueAsString(this) + "\n");
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Whether it still runs. */
  boolean isAlive() {
    return running(pid).filter(this::equals).isPresent();
  }

  /** Asks it to end. Does nothing where it is over, whoever has its number now. */
  void terminate() {
    handle().ifPresent(ProcessHandle::destroy);
  }

  /** Ends it at once, as {@code kill -9} does. Does nothing where it is over. */
  void kill() {
    handle().ifPresent(ProcessHandle::destroyForcibly);
  }

  /** Java's handle looks at the start again when it sends a signal, so the order matters. */
  private Optional<ProcessHandle> handle() {
    return ProcessHandle.of(pid).filter(running -> isAlive());
  }
}
