package io.capoflow.runners;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The layout of runs that earlier code made: an iteration in {@code iteration=00003/}, commits and
 * manifests without the {@code _}.
 */
public final class EarlierLayout {
  private EarlierLayout() {}

  /** Gives every file of a run the place and the name that it had then. */
  public static Path of(Path run) throws IOException {
    for (Path file : files(run)) {
      String name = file.getFileName().toString();
      if (name.startsWith("_")) {
        Files.move(file, file.resolveSibling(name.substring(1)));
      }
    }
    Path iterations = run.resolve("iterations");
    try (Stream<Path> folders = Files.list(iterations)) {
      for (Path folder : folders.toList()) {
        Files.move(folder, run.resolve("iteration=" + folder.getFileName()));
      }
    }
    Files.delete(iterations);
    return run;
  }

  private static List<Path> files(Path run) throws IOException {
    try (Stream<Path> files = Files.walk(run)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }
}
