package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Where a repair moves what it replaces, so that nothing is lost: {@code set-aside/1/} of the run,
 * {@code set-aside/2/} at the next repair, and in it the path that a file had.
 */
public final class SetAside {
  private static final String FOLDER = "set-aside";

  private final Path root;
  private final Path target;

  private SetAside(Path root, Path target) {
    this.root = root;
    this.target = target;
  }

  /** A new place in a run; made by the first file that comes. */
  public static SetAside in(RunDirectory run) {
    Path folder = requireNonNull(run, "run").root().resolve(FOLDER);
    int number = 1;
    while (Files.exists(folder.resolve(Integer.toString(number)))) {
      number++;
    }
    return new SetAside(run.root(), folder.resolve(Integer.toString(number)));
  }

  /** Where files go. */
  public Path directory() {
    return target;
  }

  /** Moves a file or a folder of the run; nothing where it is not there. */
  public void take(Path file) {
    if (!Files.exists(file)) {
      return;
    }
    Path place = target.resolve(root.relativize(file));
    try {
      Files.createDirectories(place.getParent());
      Files.move(file, place, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot move " + file + " to " + place, e);
    }
  }
}
