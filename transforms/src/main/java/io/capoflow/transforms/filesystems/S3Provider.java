package io.capoflow.transforms.filesystems;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.List;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileSystem;

/**
 * {@code s3a://bucket/…}, through Hadoop's S3A. An object appears whole when its stream is closed.
 * To rename a file is to copy it and then to delete it: the new name appears whole, in one step,
 * and whoever is killed in between leaves both. A folder is not renamed in one step, so that an
 * atomic move of one is refused.
 */
public final class S3Provider extends HadoopProvider {
  /** {@code Options.CreateFileOptionKeys} names it from Hadoop 3.4.2 on. */
  private static final String CONDITIONAL = "fs.option.create.conditional.overwrite";

  private static final int CONFLICTS = 5;

  /** For {@link java.util.ServiceLoader}. */
  public S3Provider() {
    super("s3a");
  }

  @Override
  void finish(FSDataOutputStream stream) {}

  /** {@inheritDoc} There are none: what lies in a folder makes it. */
  @Override
  public void createDirectory(Path path, FileAttribute<?>... attributes) {}

  /** {@inheritDoc} So a folder in which nothing lies is empty, made or not. */
  @Override
  public DirectoryStream<Path> newDirectoryStream(
      Path path, DirectoryStream.Filter<? super Path> filter) throws IOException {
    try {
      return super.newDirectoryStream(path, filter);
    } catch (NoSuchFileException nothingLiesThere) {
      return new Entries(List.of());
    }
  }

  @Override
  void rename(HadoopPath from, HadoopPath to, boolean replaces, boolean atomic) throws IOException {
    FileSystem files = from.getFileSystem().files();
    if (atomic && Files.isDirectory(from)) {
      throw new AtomicMoveNotSupportedException(
          from.toString(), to.toString(), "an object store renames no folder in one step");
    }
    if (replaces) {
      copyFile(from, to, true);
      files.delete(from.hadoop(), false);
      return;
    }
    // Into a folder that is there S3A would move it.
    if (Files.exists(to)) {
      throw new FileAlreadyExistsException(to.toString());
    }
    if (!files.rename(from.hadoop(), to.hadoop())) {
      // Says no more than that. Where the file is gone, this does.
      files.getFileStatus(from.hadoop());
      throw new IOException("cannot be renamed to " + to);
    }
  }

  /**
   * Creates an object, unless one of that name is there when its bytes are: a conditional write,
   * {@code If-None-Match: *}. S3A's own {@code overwrite(false)} looks before it writes, so that
   * two writers can both succeed.
   *
   * @return whether this call knows that it created the object; it may have, too, where the answer
   *     was lost
   * @throws IOException when it could not be written, and is not there
   */
  public static boolean createIfAbsent(Path path, byte[] content) throws IOException {
    HadoopPath file = HadoopPath.of(path);
    for (int attempt = 1; ; attempt++) {
      try {
        HadoopThreads.startedHere(() -> writeUnlessThere(file, content));
      } catch (IOException e) {
        // Another's object, or our own whose answer was lost: S3A repeats a write by itself.
        if (Files.exists(file)) {
          return false;
        }
        // S3 answers with a conflict where a writer of the same name is at work or was just
        // deleted.
        if (attempt == CONFLICTS) {
          throw HadoopFailures.of(file, e);
        }
        continue;
      }
      return true;
    }
  }

  private static boolean writeUnlessThere(HadoopPath file, byte[] content) throws IOException {
    FSDataOutputStreamBuilder<?, ?> write = file.getFileSystem().files().createFile(file.hadoop());
    write.overwrite(true);
    write.must(CONDITIONAL, true);
    try (FSDataOutputStream stream = write.build()) {
      stream.write(content);
    }
    return true;
  }

  /** Whether a path lies in an object store. */
  public static boolean holds(Path path) {
    return path.getFileSystem().provider() instanceof S3Provider;
  }
}
