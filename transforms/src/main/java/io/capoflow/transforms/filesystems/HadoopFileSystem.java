package io.capoflow.transforms.filesystems;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.fs.FileContext;

/**
 * One name node, or one bucket. Connected when it is first asked for a file, and open as long as
 * the process lives. Thread-safe.
 */
final class HadoopFileSystem extends FileSystem {
  private final HadoopProvider provider;
  private final URI address;
  private org.apache.hadoop.fs.FileSystem files;
  private FileContext context;

  HadoopFileSystem(HadoopProvider provider, URI address) {
    this.provider = requireNonNull(provider, "provider");
    this.address = requireNonNull(address, "address");
  }

  /** {@code hdfs://namenode:8020}, without a slash at its end. */
  String address() {
    return address.toString();
  }

  synchronized org.apache.hadoop.fs.FileSystem files() throws IOException {
    if (files == null) {
      files =
          HadoopThreads.startedHere(
              () ->
                  org.apache.hadoop.fs.FileSystem.newInstance(address, HadoopSettings.of(address)));
    }
    return files;
  }

  synchronized FileContext context() throws IOException {
    if (context == null) {
      context =
          HadoopThreads.startedHere(
              () -> FileContext.getFileContext(address, HadoopSettings.of(address)));
    }
    return context;
  }

  @Override
  public HadoopProvider provider() {
    return provider;
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException("is open as long as the process lives");
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public boolean isReadOnly() {
    return false;
  }

  @Override
  public String getSeparator() {
    return "/";
  }

  @Override
  public Iterable<Path> getRootDirectories() {
    return List.of(getPath("/"));
  }

  @Override
  public Iterable<FileStore> getFileStores() {
    return List.of();
  }

  @Override
  public Set<String> supportedFileAttributeViews() {
    return Set.of("basic");
  }

  /**
   * {@inheritDoc}
   *
   * @param first as {@link HadoopPath#toString} writes it, or a path below the root
   */
  @Override
  public HadoopPath getPath(String first, String... more) {
    String text = String.join("/", first, String.join("/", more));
    if (text.startsWith(address + "/")) {
      text = text.substring(address().length());
    }
    if (text.indexOf('\0') >= 0) {
      throw new InvalidPathException(text, "Nul character not allowed");
    }
    return HadoopPath.parse(this, text);
  }

  @Override
  public PathMatcher getPathMatcher(String syntaxAndPattern) {
    throw new UnsupportedOperationException("patterns of names on " + address);
  }

  @Override
  public UserPrincipalLookupService getUserPrincipalLookupService() {
    throw new UnsupportedOperationException("owners of files on " + address);
  }

  @Override
  public WatchService newWatchService() {
    throw new UnsupportedOperationException("watching " + address);
  }
}
