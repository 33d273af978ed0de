package io.capoflow.settings.binding;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Locations;
import java.nio.file.Path;

/**
 * Resolves the paths of one layer: {@code ./} and {@code ../} against the folder of its file, any
 * other relative path against the project's home. An address such as {@code s3a://bucket/model} is
 * what it is.
 */
record PathContext(Path home, Path folder) {
  PathContext {
    home = requireNonNull(home, "home").toAbsolutePath().normalize();
    folder = requireNonNull(folder, "folder").toAbsolutePath().normalize();
  }

  Path resolve(String text) {
    if (Locations.namesFileSystem(text)) {
      return Locations.of(text).normalize();
    }
    boolean besideFile =
        text.equals(".") || text.equals("..") || text.startsWith("./") || text.startsWith("../");
    return (besideFile ? folder : home).resolve(text).normalize();
  }

  /** Relative to home where it lies below, so that a recipe means the same on another machine. */
  String canonical(Path path) {
    if (path.equals(home)) {
      return home.toString();
    }
    return (path.startsWith(home) ? home.relativize(path) : path).toString();
  }
}
