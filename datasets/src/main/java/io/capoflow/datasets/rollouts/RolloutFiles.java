package io.capoflow.datasets.rollouts;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * The files that paths and globs name. A shell expands a glob that is not quoted; one that is comes
 * here. As in a shell, {@code *} does not begin a name with {@code .}; nor one with {@code _},
 * which tables keep for their bookkeeping.
 */
final class RolloutFiles {
  private static final Pattern GLOB = Pattern.compile("[*?\\[{]");
  private static final String ANY_FOLDERS = "**";

  private RolloutFiles() {}

  /**
   * See {@link RolloutIntake#files}.
   *
   * @throws UserMistake when one names no file
   */
  static List<Path> named(List<String> pathsAndGlobs) {
    List<Path> files = new ArrayList<>();
    Set<Path> seen = new HashSet<>();
    for (String name : pathsAndGlobs) {
      try {
        for (Path file : named(name)) {
          if (seen.add(file.toRealPath())) {
            files.add(file);
          }
        }
      } catch (IOException e) {
        String why = e instanceof AccessDeniedException ? "permission denied: " : "";
        throw new UserMistake(name + ": cannot be read (" + why + e.getMessage() + ")", e);
      }
    }
    return List.copyOf(files);
  }

  private static List<Path> named(String name) throws IOException {
    Path path = path(name);
    if (Files.isRegularFile(path)) {
      return List.of(path);
    }
    if (Files.isDirectory(path)) {
      List<Path> table = table(path);
      if (table.isEmpty()) {
        throw new UserMistake(
            name
                + ": is a folder without Parquet files; name its files, as in "
                + name
                + "/*.jsonl");
      }
      return table;
    }
    if (!GLOB.matcher(name).find()) {
      throw new UserMistake(name + ": no such file; name a file of rollouts");
    }
    List<Path> files = new ArrayList<>();
    for (Path match : matches(path, name)) {
      if (Files.isDirectory(match)) {
        files.addAll(table(match));
      } else {
        files.add(match);
      }
    }
    if (files.isEmpty()) {
      throw new UserMistake(name + ": names no file; check the pattern, and where you are");
    }
    return files;
  }

  private static Path path(String name) {
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw new UserMistake("'" + name.replace('\0', '?') + "' is no path", e);
    }
  }

  /** The Parquet files of a folder, by name, without its bookkeeping. */
  private static List<Path> table(Path folder) throws IOException {
    return entries(folder).stream()
        .filter(file -> Files.isRegularFile(file) && !isHidden(file))
        .filter(file -> file.getFileName().toString().endsWith(".parquet"))
        .toList();
  }

  /** What a glob names, folder by folder along its path. */
  private static List<Path> matches(Path glob, String name) throws IOException {
    boolean absolute = glob.isAbsolute();
    Set<Path> found = new LinkedHashSet<>(List.of(absolute ? glob.getRoot() : Path.of("")));
    for (Path part : glob) {
      Set<Path> next = new LinkedHashSet<>();
      for (Path folder : found) {
        next.addAll(step(folder, part.toString(), name));
      }
      found = next;
    }
    return found.stream().sorted().toList();
  }

  private static List<Path> step(Path folder, String part, String name) throws IOException {
    if (part.equals(ANY_FOLDERS)) {
      List<Path> folders = new ArrayList<>();
      addFolders(folder, folders);
      return folders;
    }
    if (!GLOB.matcher(part).find()) {
      Path entry = folder.resolve(part);
      return Files.exists(entry) ? List.of(entry) : List.of();
    }
    PathMatcher matcher = matcher(part, name);
    boolean hiddenWanted = part.startsWith(".") || part.startsWith("_");
    return Files.isDirectory(folder)
        ? entries(folder).stream()
            .filter(entry -> hiddenWanted || !isHidden(entry))
            .filter(entry -> matcher.matches(entry.getFileName()))
            .toList()
        : List.of();
  }

  private static PathMatcher matcher(String part, String name) {
    try {
      return FileSystems.getDefault().getPathMatcher("glob:" + part);
    } catch (PatternSyntaxException e) {
      throw new UserMistake(
          name + ": is no pattern (" + e.getDescription() + "); quote or mend it", e);
    }
  }

  /** A folder and all below it. Links to folders are not followed: they may lead back. */
  private static void addFolders(Path folder, List<Path> folders) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    folders.add(folder);
    for (Path entry : entries(folder)) {
      if (!isHidden(entry) && !Files.isSymbolicLink(entry)) {
        addFolders(entry, folders);
      }
    }
  }

  private static List<Path> entries(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    }
  }

  private static boolean isHidden(Path path) {
    String name = path.getFileName().toString();
    return name.startsWith(".") || name.startsWith("_");
  }
}
