package io.capoflow.settings.extensions;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/**
 * A jar of somebody's own classes.
 *
 * @param file where it lies
 * @param digests SHA-256 of each entry's bytes, by the entry's name
 */
public record ExtensionJar(Path file, Map<String, String> digests) {
  private static final String BUILD_NOTES = "META-INF/maven/";

  public ExtensionJar {
    requireNonNull(file, "file");
    digests = Collections.unmodifiableMap(new TreeMap<>(digests));
  }

  /**
   * Reads a jar.
   *
   * @param origin who named it, for the error
   * @throws UserMistake when it is none
   */
  static ExtensionJar read(Path file, String origin) {
    Map<String, String> digests = new TreeMap<>();
    try (JarFile jar = new JarFile(file.toFile(), false)) {
      requireNoClassPath(jar, file, origin);
      for (JarEntry entry : Collections.list(jar.entries())) {
        if (!entry.isDirectory()) {
          try (InputStream bytes = jar.getInputStream(entry)) {
            digests.put(entry.getName(), digest(bytes));
          }
        }
      }
    } catch (IOException | SecurityException e) {
      throw new UserMistake(
          "%s: %s is no jar that can be read (%s); make it anew with jar --create"
              .formatted(origin, file, e.getMessage()),
          e);
    }
    return new ExtensionJar(file, digests);
  }

  /** What a manifest leads to would be code that no digest holds. */
  private static void requireNoClassPath(JarFile jar, Path file, String origin) throws IOException {
    Manifest manifest = jar.getManifest();
    String others =
        manifest == null ? null : manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
    if (others != null) {
      throw new UserMistake(
          "%s: the manifest of %s has a Class-Path (%s), which is not followed; leave it out, and name what the jar needs as extensions, too"
              .formatted(origin, file, others));
    }
  }

  /** SHA-256 of the rest of a stream. */
  static String digest(InputStream bytes) throws IOException {
    return Digests.ofBytes(bytes.readAllBytes());
  }

  /** What the jar is, wherever it lies. */
  public Identity identity() {
    return new Identity(name(), digest());
  }

  /**
   * What a jar is, wherever it lies.
   *
   * @param name of the file, for people
   * @param digest SHA-256 over the names and bytes of its entries
   */
  public record Identity(String name, String digest) {}

  /** The jar's own name. */
  public String name() {
    return String.valueOf(file.getFileName());
  }

  /**
   * SHA-256 over the names and bytes of its entries. Where the jar lies, when it was packed and by
   * what is left out, so that packing the same classes again gives the same digest.
   */
  public String digest() {
    List<String> parts = new ArrayList<>();
    digests.forEach(
        (entry, digest) -> {
          if (!entry.equals(JarFile.MANIFEST_NAME) && !entry.startsWith(BUILD_NOTES)) {
            parts.add(entry);
            parts.add(digest);
          }
        });
    return Digests.ofParts(parts.toArray(String[]::new));
  }

  /** Entries that are classes of the class path: none of a module or of one Java release. */
  List<String> classes() {
    return digests.keySet().stream()
        .filter(entry -> entry.endsWith(".class"))
        .filter(entry -> !entry.startsWith("META-INF/") && !entry.endsWith("module-info.class"))
        .toList();
  }

  /**
   * A jar, or all jars of a folder in the order of their names.
   *
   * @param origin who named it, for the error
   * @throws UserMistake when there is none
   */
  static List<Path> filesOf(Path path, String origin) {
    if (!Files.isDirectory(path)) {
      if (!Files.isRegularFile(path)) {
        throw new UserMistake(
            "%s: there is no %s; name a jar, or a folder of jars".formatted(origin, path));
      }
      return List.of(path);
    }
    try (Stream<Path> entries = Files.list(path)) {
      List<Path> jars =
          entries.filter(entry -> entry.toString().endsWith(".jar")).sorted().toList();
      if (jars.isEmpty()) {
        throw new UserMistake(
            "%s: %s holds no jar; put one there, or name the jar itself".formatted(origin, path));
      }
      return jars;
    } catch (IOException e) {
      throw new UserMistake("%s: %s cannot be listed: %s".formatted(origin, path, e), e);
    }
  }
}
