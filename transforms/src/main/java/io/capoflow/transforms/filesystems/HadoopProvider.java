package io.capoflow.transforms.filesystems;

import static java.util.Objects.requireNonNull;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;

/**
 * Files of a Hadoop file system through {@link Files}: what is read, listed, written whole, moved
 * and deleted. No links, no channels into the middle of a file that is written, no appending.
 *
 * <p>A store that cannot be asked is no file that is not there: questions such as {@link
 * Files#exists} then fail with {@link UncheckedIOException}, where Java's own file systems say no.
 * Thread-safe.
 */
abstract class HadoopProvider extends FileSystemProvider {
  /** How often a file may be replaced under a reader. */
  private static final int REPLACED = 10;

  private final String scheme;
  private final Map<URI, HadoopFileSystem> known = new ConcurrentHashMap<>();

  HadoopProvider(String scheme) {
    this.scheme = requireNonNull(scheme, "scheme");
  }

  /** What makes a file that is written stay, before its stream is closed. */
  abstract void finish(FSDataOutputStream stream) throws IOException;

  /** Gives a file or folder another name, as {@link Files#move} with these options. */
  abstract void rename(HadoopPath from, HadoopPath to, boolean replaces, boolean atomic)
      throws IOException;

  @Override
  public String getScheme() {
    return scheme;
  }

  @Override
  public HadoopFileSystem newFileSystem(URI uri, Map<String, ?> settings) {
    throw new UnsupportedOperationException("file systems of " + scheme + " are there when named");
  }

  @Override
  public HadoopFileSystem getFileSystem(URI uri) {
    String authority = uri.getRawAuthority();
    if (authority == null) {
      throw new IllegalArgumentException(
          "it lacks what comes behind %s://, such as a host or a bucket".formatted(scheme));
    }
    return known.computeIfAbsent(
        URI.create(scheme + "://" + authority), address -> new HadoopFileSystem(this, address));
  }

  @Override
  public HadoopPath getPath(URI uri) {
    return getFileSystem(uri).getPath(uri.getPath());
  }

  private static FileSystem files(HadoopPath path) throws IOException {
    return path.getFileSystem().files();
  }

  /** Asks Hadoop, and names what it fails with as Java's own file systems do. */
  private static <T> T ask(HadoopPath path, HadoopThreads.Work<T> work) throws IOException {
    try {
      return HadoopThreads.startedHere(work);
    } catch (IOException e) {
      throw HadoopFailures.of(path, e);
    }
  }

  private static FileStatus status(HadoopPath path) throws IOException {
    try {
      return HadoopThreads.startedHere(() -> files(path).getFileStatus(path.hadoop()));
    } catch (FileNotFoundException e) {
      throw new NoSuchFileException(path.toString());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot ask for " + path, HadoopFailures.of(path, e));
    }
  }

  @Override
  public InputStream newInputStream(Path path, OpenOption... options) throws IOException {
    HadoopPath file = HadoopPath.of(path);
    return ask(file, () -> files(file).open(file.hadoop()));
  }

  @Override
  public WholeFile newOutputStream(Path path, OpenOption... options) throws IOException {
    HadoopPath file = HadoopPath.of(path);
    Set<OpenOption> asked = Set.of(options);
    if (asked.contains(StandardOpenOption.APPEND)) {
      throw new UnsupportedOperationException("appending to " + file);
    }
    boolean replaces = !asked.contains(StandardOpenOption.CREATE_NEW);
    return new WholeFile(this, file, ask(file, () -> files(file).create(file.hadoop(), replaces)));
  }

  /** {@inheritDoc} For reading alone. */
  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    HadoopPath file = HadoopPath.of(path);
    if (options.contains(StandardOpenOption.WRITE) || options.contains(StandardOpenOption.APPEND)) {
      throw new UnsupportedOperationException("a channel that writes to " + file);
    }
    for (int attempt = 1; ; attempt++) {
      FileStatus status = status(file);
      try {
        return ReadChannel.open(files(file), status);
      } catch (IOException e) {
        // A small file may be replaced between the question how long it is and the reading of it.
        boolean replaced = attempt < REPLACED && !isSame(status, status(file));
        if (!replaced) {
          throw HadoopFailures.of(file, e);
        }
      }
    }
  }

  private static boolean isSame(FileStatus before, FileStatus now) {
    HadoopAttributes then = new HadoopAttributes(before);
    HadoopAttributes today = new HadoopAttributes(now);
    return then.size() == today.size()
        && then.lastModifiedTime().equals(today.lastModifiedTime())
        && Objects.equals(then.fileKey(), today.fileKey());
  }

  @Override
  public DirectoryStream<Path> newDirectoryStream(
      Path path, DirectoryStream.Filter<? super Path> filter) throws IOException {
    HadoopPath directory = HadoopPath.of(path);
    List<Path> entries = new ArrayList<>();
    for (FileStatus entry : ask(directory, () -> files(directory).listStatus(directory.hadoop()))) {
      if (entry.isFile() && entry.getPath().equals(directory.hadoop())) {
        throw new NotDirectoryException(path.toString());
      }
      Path found = directory.resolve(entry.getPath().getName());
      if (filter.accept(found)) {
        entries.add(found);
      }
    }
    return new Entries(entries);
  }

  /** What a folder held when it was listed. */
  record Entries(List<Path> entries) implements DirectoryStream<Path> {
    @Override
    public Iterator<Path> iterator() {
      return entries.iterator();
    }

    @Override
    public void close() {}
  }

  @Override
  public void createDirectory(Path path, FileAttribute<?>... attributes) throws IOException {
    HadoopPath directory = HadoopPath.of(path);
    if (Files.exists(directory)) {
      throw new FileAlreadyExistsException(path.toString());
    }
    ask(directory, () -> files(directory).mkdirs(directory.hadoop()));
  }

  @Override
  public void delete(Path path) throws IOException {
    HadoopPath file = HadoopPath.of(path);
    if (!ask(file, () -> files(file).delete(file.hadoop(), false))) {
      throw new NoSuchFileException(path.toString());
    }
  }

  @Override
  public void copy(Path source, Path target, CopyOption... options) throws IOException {
    Set<CopyOption> asked = Set.of(options);
    if (Files.isDirectory(source)) {
      createDirectory(target);
      return;
    }
    copyFile(source, target, asked.contains(StandardCopyOption.REPLACE_EXISTING));
  }

  /** Copies a file whole: where its content cannot be read to its end, it is given up. */
  final void copyFile(Path source, Path target, boolean replaces) throws IOException {
    OpenOption[] open =
        replaces
            ? new OpenOption[0]
            : new OpenOption[] {StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE};
    try (InputStream from = newInputStream(source);
        WholeFile to = newOutputStream(target, open)) {
      try {
        from.transferTo(to);
      } catch (IOException | RuntimeException e) {
        to.abandon();
        throw e;
      }
    }
  }

  @Override
  public void move(Path source, Path target, CopyOption... options) throws IOException {
    HadoopPath from = HadoopPath.of(source);
    HadoopPath to = HadoopPath.of(target);
    Set<CopyOption> asked = Set.of(options);
    ask(
        from,
        () -> {
          rename(
              from,
              to,
              asked.contains(StandardCopyOption.REPLACE_EXISTING),
              asked.contains(StandardCopyOption.ATOMIC_MOVE));
          return to;
        });
  }

  @Override
  public boolean isSameFile(Path path, Path other) {
    return path.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
  }

  @Override
  public boolean isHidden(Path path) {
    Path name = path.getFileName();
    return name != null && name.toString().startsWith(".");
  }

  @Override
  public FileStore getFileStore(Path path) {
    throw new UnsupportedOperationException("room on " + path);
  }

  @Override
  public void checkAccess(Path path, AccessMode... modes) throws IOException {
    status(HadoopPath.of(path));
  }

  @Override
  public <V extends FileAttributeView> V getFileAttributeView(
      Path path, Class<V> type, LinkOption... options) {
    return null;
  }

  @Override
  public <A extends BasicFileAttributes> A readAttributes(
      Path path, Class<A> type, LinkOption... options) throws IOException {
    if (type != BasicFileAttributes.class) {
      throw new UnsupportedOperationException(type.getName());
    }
    return type.cast(new HadoopAttributes(status(HadoopPath.of(path))));
  }

  @Override
  public Map<String, Object> readAttributes(Path path, String names, LinkOption... options) {
    throw new UnsupportedOperationException("attributes by name of " + path);
  }

  @Override
  public void setAttribute(Path path, String name, Object value, LinkOption... options) {
    throw new UnsupportedOperationException("attributes of " + path);
  }
}
