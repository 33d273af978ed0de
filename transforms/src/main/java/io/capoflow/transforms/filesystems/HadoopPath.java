package io.capoflow.transforms.filesystems;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.List;

/**
 * A path on HDFS or S3. Its text is its address, {@code s3a://bucket/runs/first}, or, where it is
 * relative, its names. Immutable and thread-safe.
 */
public final class HadoopPath implements Path {
  private final HadoopFileSystem fileSystem;
  private final boolean absolute;
  private final List<String> names;

  private HadoopPath(HadoopFileSystem fileSystem, boolean absolute, List<String> names) {
    this.fileSystem = requireNonNull(fileSystem, "fileSystem");
    this.absolute = absolute;
    this.names = List.copyOf(names);
  }

  /** The path of a text below the file system's root, or relative to whatever it is resolved by. */
  static HadoopPath parse(HadoopFileSystem fileSystem, String text) {
    List<String> names = new ArrayList<>();
    for (String name : text.split("/", -1)) {
      if (!name.isEmpty()) {
        names.add(name);
      }
    }
    return new HadoopPath(fileSystem, text.startsWith("/"), names);
  }

  /**
   * A path that must be one of these.
   *
   * @throws ProviderMismatchException when it is another's
   */
  static HadoopPath of(Path path) {
    if (path instanceof HadoopPath known) {
      return known;
    }
    throw new ProviderMismatchException(path + " is no path of HDFS or S3");
  }

  /** As Hadoop calls it. */
  org.apache.hadoop.fs.Path hadoop() {
    HadoopPath whole = toAbsolutePath();
    return new org.apache.hadoop.fs.Path(whole.toUri());
  }

  private HadoopPath with(boolean absolute, List<String> names) {
    return new HadoopPath(fileSystem, absolute, names);
  }

  @Override
  public HadoopFileSystem getFileSystem() {
    return fileSystem;
  }

  @Override
  public boolean isAbsolute() {
    return absolute;
  }

  @Override
  public HadoopPath getRoot() {
    return absolute ? with(true, List.of()) : null;
  }

  @Override
  public HadoopPath getFileName() {
    return names.isEmpty() ? null : with(false, names.subList(names.size() - 1, names.size()));
  }

  @Override
  public HadoopPath getParent() {
    if (names.isEmpty() || (!absolute && names.size() == 1)) {
      return null;
    }
    return with(absolute, names.subList(0, names.size() - 1));
  }

  @Override
  public int getNameCount() {
    return names.size();
  }

  @Override
  public HadoopPath getName(int index) {
    return subpath(index, index + 1);
  }

  @Override
  public HadoopPath subpath(int begin, int end) {
    if (begin < 0 || end > names.size() || begin >= end) {
      throw new IllegalArgumentException("%s has no names %d to %d".formatted(this, begin, end));
    }
    return with(false, names.subList(begin, end));
  }

  @Override
  public boolean startsWith(Path other) {
    return isOfSameKind(other)
        && ((HadoopPath) other).names.size() <= names.size()
        && names.subList(0, ((HadoopPath) other).names.size()).equals(((HadoopPath) other).names);
  }

  @Override
  public boolean endsWith(Path other) {
    if (!(other instanceof HadoopPath end) || !end.fileSystem.equals(fileSystem)) {
      return false;
    }
    if (end.absolute) {
      return equals(end);
    }
    int from = names.size() - end.names.size();
    return from >= 0 && !end.names.isEmpty() && names.subList(from, names.size()).equals(end.names);
  }

  private boolean isOfSameKind(Path other) {
    return other instanceof HadoopPath path
        && path.fileSystem.equals(fileSystem)
        && path.absolute == absolute;
  }

  @Override
  public HadoopPath normalize() {
    List<String> kept = new ArrayList<>();
    for (String name : names) {
      boolean goesUp = name.equals("..");
      if (goesUp && !kept.isEmpty() && !kept.get(kept.size() - 1).equals("..")) {
        kept.remove(kept.size() - 1);
      } else if (!name.equals(".") && !(goesUp && absolute)) {
        kept.add(name);
      }
    }
    return with(absolute, kept);
  }

  @Override
  public HadoopPath resolve(Path other) {
    HadoopPath end = of(other);
    if (end.absolute) {
      return end;
    }
    List<String> all = new ArrayList<>(names);
    all.addAll(end.names);
    return with(absolute, all);
  }

  @Override
  public HadoopPath relativize(Path other) {
    if (!isOfSameKind(other)) {
      throw new IllegalArgumentException(other + " has no path relative to " + this);
    }
    List<String> to = ((HadoopPath) other).names;
    int common = 0;
    while (common < Math.min(names.size(), to.size()) && names.get(common).equals(to.get(common))) {
      common++;
    }
    List<String> way = new ArrayList<>();
    for (int up = common; up < names.size(); up++) {
      way.add("..");
    }
    way.addAll(to.subList(common, to.size()));
    return with(false, way);
  }

  @Override
  public URI toUri() {
    try {
      URI root = new URI(fileSystem.address());
      String path = "/" + String.join("/", names);
      return new URI(root.getScheme(), root.getAuthority(), path, null, null);
    } catch (URISyntaxException e) {
      throw new IllegalStateException("an address that was one", e);
    }
  }

  /** {@inheritDoc} Relative paths are below the root: there is no working directory. */
  @Override
  public HadoopPath toAbsolutePath() {
    return absolute ? this : with(true, names);
  }

  /** {@inheritDoc} A folder of an object store may be one in which nothing lies yet. */
  @Override
  public HadoopPath toRealPath(LinkOption... options) throws IOException {
    HadoopPath real = toAbsolutePath().normalize();
    if (!S3Provider.holds(real)) {
      fileSystem.provider().checkAccess(real);
    }
    return real;
  }

  @Override
  public WatchKey register(
      WatchService watcher, WatchEvent.Kind<?>[] events, WatchEvent.Modifier... modifiers) {
    throw new UnsupportedOperationException("watching " + this);
  }

  @Override
  public int compareTo(Path other) {
    return toString().compareTo(of(other).toString());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof HadoopPath path
        && path.absolute == absolute
        && path.names.equals(names)
        && path.fileSystem.equals(fileSystem);
  }

  @Override
  public int hashCode() {
    return names.hashCode();
  }

  @Override
  public String toString() {
    String path = String.join("/", names);
    return absolute ? fileSystem.address() + "/" + path : path;
  }
}
