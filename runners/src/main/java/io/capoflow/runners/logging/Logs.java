package io.capoflow.runners.logging;

import io.capoflow.schemas.Locations;
import java.nio.file.Path;
import java.util.Map;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LoggerContext;

/**
 * Where this process logs: one file, so that the console stays the user's. The file is created with
 * its first line.
 */
public final class Logs {
  /** Read by {@code log4j2.xml}. */
  private static final String FILE_PROPERTY = "capoflow.log";

  private Logs() {}

  /** Chooses the file; to be called before anything logs. */
  public static void startIn(Path file) {
    System.setProperty(FILE_PROPERTY, file.toAbsolutePath().toString());
  }

  /** Goes on in another file. */
  public static void moveTo(Path file) {
    startIn(file);
    if (LogManager.getContext(false) instanceof LoggerContext context) {
      context.reconfigure();
    }
  }

  /** The same with a file in a directory, where that lies on this machine; else nothing. */
  public static void moveInto(Path directory, String name) {
    if (Locations.isLocal(directory)) {
      moveTo(directory.resolve(name));
    }
  }

  /** The file that is written. */
  public static Path file() {
    return Path.of(System.getProperty(FILE_PROPERTY, "capoflow.log")).toAbsolutePath();
  }

  /**
   * Where to log before a run directory is known: the user's cache.
   *
   * @param environment of the process
   * @param userHome the user's home
   */
  public static Path defaultFile(Map<String, String> environment, Path userHome) {
    return cache(environment, userHome).resolve("capoflow").resolve("capoflow.log");
  }

  private static Path cache(Map<String, String> environment, Path userHome) {
    String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
    return cache.isEmpty() ? userHome.resolve(".cache") : Path.of(cache);
  }
}
