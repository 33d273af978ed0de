package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A damaged file of a stage that was computed again. The worker that did so may be in another
 * process than the driver, so it leaves a note beside the file; the driver takes the notes and
 * tells of them.
 *
 * @param file that was damaged
 * @param damage what was wrong with it
 */
public record Repair(String file, String damage) {
  private static final Logger LOG = LoggerFactory.getLogger(Repair.class);

  /** Begins as bookkeeping does, so that programs that read the folder as a table pass over it. */
  private static final Pattern NOTE = Pattern.compile("_repaired-[0-9a-f-]+\\.json");

  public Repair {
    requireNonNull(file, "file");
    requireNonNull(damage, "damage");
  }

  /** Logs the repair and leaves a note of it in the stage's directory. */
  void leave(Path stage) {
    LOG.warn("{}", this);
    JsonFiles.write(stage.resolve("_repaired-" + Durable.attempt() + ".json"), this);
  }

  /** Takes the notes that lie under a directory, each repair once, ordered by file. */
  public static List<Repair> take(Path directory) {
    SortedSet<Repair> repairs =
        new TreeSet<>(Comparator.comparing(Repair::file).thenComparing(Repair::damage));
    for (Path note : notes(directory)) {
      try {
        repairs.add(JsonFiles.read(note, Repair.class));
      } catch (UserMistake unreadable) {
        LOG.warn("a note of a repair is lost: {}", unreadable.getMessage());
      }
      try {
        Files.deleteIfExists(note);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot delete " + note, e);
      }
    }
    return List.copyOf(repairs);
  }

  private static List<Path> notes(Path directory) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(file -> NOTE.matcher(file.getFileName().toString()).matches()).toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + directory, e);
    }
  }

  /** A line for people. */
  @Override
  public String toString() {
    return "%s was damaged (%s) and is computed again, with the same digest"
        .formatted(file, damage);
  }
}
