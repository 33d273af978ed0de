package io.capoflow.settings.extensions;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarFile;

/**
 * The jars of others on this process's class path. They come after ours: a class that both have is
 * ours. A jar runs with all the rights of the process; nothing keeps its code in bounds.
 *
 * <p>What is loaded is a copy, so that building the jar again pulls no class away from a run that
 * is still going. Thread-safe; what is loaded stays until the process ends.
 */
public final class ExtensionJars {
  private static final List<Loaded> LOADED = new ArrayList<>();

  private ExtensionJars() {}

  /**
   * A jar on the class path.
   *
   * @param copy what was loaded
   * @param hidden its classes that CapoFlow, or a library of it, has too and otherwise: those are
   *     used
   */
  public record Loaded(ExtensionJar jar, Path copy, List<String> hidden) {
    public Loaded {
      requireNonNull(jar, "jar");
      requireNonNull(copy, "copy");
      hidden = List.copyOf(hidden);
    }
  }

  /** Those loaded so far, in their order. */
  public static synchronized List<Loaded> loaded() {
    return List.copyOf(LOADED);
  }

  /** The jar that a class came from; empty where it is ours or a library's. */
  public static synchronized Optional<ExtensionJar> of(Class<?> type) {
    return Optional.ofNullable(type.getProtectionDomain().getCodeSource())
        .map(CodeSource::getLocation)
        .flatMap(
            location ->
                LOADED.stream()
                    .filter(loaded -> location.equals(url(loaded.copy())))
                    .map(Loaded::jar)
                    .findFirst());
  }

  /**
   * Adds a jar, or all jars of a folder, to the class path. One whose content is there already
   * changes nothing.
   *
   * @param origin who named it, for the error: {@code --extensions}, a line of a recipe, …
   * @throws UserMistake when there is none, it cannot be read, or two jars differ in a class
   */
  public static synchronized void load(Path path, String origin) {
    for (Path file : ExtensionJar.filesOf(path, origin)) {
      ExtensionJar jar = ExtensionJar.read(file.toAbsolutePath().normalize(), origin);
      if (LOADED.stream().noneMatch(other -> other.jar().digest().equals(jar.digest()))) {
        LOADED.add(append(jar, origin));
      }
    }
  }

  private static Loaded append(ExtensionJar jar, String origin) {
    ExtensionAgent.ClassPath classPath =
        ExtensionAgent.classPath()
            .orElseThrow(
                () ->
                    new UserMistake(
                        "%s: this process cannot load %s: it was started without CapoFlow's launcher; start it by the launcher, or put the jar on the class path"
                            .formatted(origin, jar.file())));
    requireUnlike(jar, origin);
    List<String> hidden = hidden(jar);
    Path copy = copy(jar);
    try {
      classPath.append(new JarFile(copy.toFile()));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot open " + copy, e);
    }
    return new Loaded(jar, copy, hidden);
  }

  /** Which of two jars would win is no question that a run should hang on. */
  private static void requireUnlike(ExtensionJar jar, String origin) {
    for (Loaded other : LOADED) {
      for (String entry : jar.classes()) {
        String there = other.jar().digests().get(entry);
        if (there != null && !there.equals(jar.digests().get(entry))) {
          throw new UserMistake(
              "%s: %s and %s both have the class %s, and they differ; name one of the two"
                  .formatted(origin, other.jar().file(), jar.file(), className(entry)));
        }
      }
    }
  }

  private static List<String> hidden(ExtensionJar jar) {
    List<String> hidden = new ArrayList<>();
    for (String entry : jar.classes()) {
      if (differs(entry, jar.digests().get(entry))) {
        hidden.add(className(entry));
      }
    }
    return hidden;
  }

  private static boolean differs(String entry, String digest) {
    URL there = ClassLoader.getSystemResource(entry);
    if (there == null) {
      return false;
    }
    try (InputStream bytes = there.openStream()) {
      return !ExtensionJar.digest(bytes).equals(digest);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + there, e);
    }
  }

  private static String className(String entry) {
    return entry.substring(0, entry.length() - ".class".length()).replace('/', '.');
  }

  private static Path copy(ExtensionJar jar) {
    try {
      Path folder = Files.createTempDirectory("capoflow-extension-");
      Path copy = Files.copy(jar.file(), folder.resolve(jar.name()));
      // In the reverse order of these lines.
      folder.toFile().deleteOnExit();
      copy.toFile().deleteOnExit();
      if (!ExtensionJar.read(copy, jar.name()).digests().equals(jar.digests())) {
        throw new UserMistake("%s changes while it is read; try again".formatted(jar.file()));
      }
      return copy;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot copy " + jar.file(), e);
    }
  }

  private static URL url(Path file) {
    try {
      return file.toUri().toURL();
    } catch (IOException e) {
      throw new UncheckedIOException("no URL of " + file, e);
    }
  }
}
