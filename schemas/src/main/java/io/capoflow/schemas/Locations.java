package io.capoflow.schemas;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.spi.FileSystemProvider;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Paths by the text that stands for them: {@code runs/first} on this machine, {@code
 * hdfs://namenode:8020/runs/first} or {@code s3a://bucket/runs/first} elsewhere. The file systems
 * are those that Java finds as {@link FileSystemProvider}s. {@code path.toString()} gives such a
 * text again, which is what travels to workers. Thread-safe.
 */
public final class Locations {
  private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9+.-]*://.*", Pattern.DOTALL);

  private Locations() {}

  /** Whether a text names a file system, rather than a path on this machine. */
  public static boolean namesFileSystem(String text) {
    return SCHEME.matcher(requireNonNull(text, "text")).matches();
  }

  /** Whether a path lies on this machine's own file system, where other programs open it. */
  public static boolean isLocal(Path path) {
    return path.getFileSystem() == FileSystems.getDefault();
  }

  /**
   * The path that a text stands for; touches no file.
   *
   * @throws UserMistake when it names a file system that is not known, or none can be made of it
   * @throws InvalidPathException when it is no path of this machine
   */
  public static Path of(String text) {
    if (!namesFileSystem(text)) {
      return Path.of(text);
    }
    // The name that AWS's own tools have for what Hadoop calls s3a.
    String address = text.startsWith("s3://") ? "s3a" + text.substring(2) : text;
    String scheme = address.substring(0, address.indexOf(':'));
    for (FileSystemProvider provider : FileSystemProvider.installedProviders()) {
      if (provider.getScheme().equals(scheme)) {
        return path(provider, address);
      }
    }
    throw new UserMistake(
        "%s: there is no file system \"%s\" here; name a path of this machine, or one of %s"
            .formatted(text, scheme, known()));
  }

  private static Path path(FileSystemProvider provider, String address) {
    int authority = provider.getScheme().length() + 3;
    int path = address.indexOf('/', authority);
    String host = path < 0 ? address.substring(authority) : address.substring(authority, path);
    if (host.contains("@")) {
      throw new UserMistake(
          "an address of %s holds credentials: keys come from the environment, never from a path"
              .formatted(provider.getScheme()));
    }
    try {
      URI uri =
          new URI(provider.getScheme(), host, path < 0 ? "/" : address.substring(path), null, null);
      return provider.getPath(uri);
    } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
      throw new UserMistake(
          "%s is no address of a file system (%s)".formatted(address, e.getMessage()), e);
    }
  }

  private static String known() {
    return FileSystemProvider.installedProviders().stream()
        .map(FileSystemProvider::getScheme)
        .filter(scheme -> !scheme.equals("jar") && !scheme.equals("file"))
        .sorted()
        .map(scheme -> scheme + "://")
        .collect(Collectors.joining(", "));
  }
}
