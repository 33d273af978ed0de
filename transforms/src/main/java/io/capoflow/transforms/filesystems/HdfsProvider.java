package io.capoflow.transforms.filesystems;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.Options;

/**
 * {@code hdfs://namenode:8020/…}. A file whose stream was closed lies on the disks of its data
 * nodes. A rename is one step, for folders too, and replaces a file only where that is asked for.
 */
public final class HdfsProvider extends HadoopProvider {
  /** For {@link java.util.ServiceLoader}. */
  public HdfsProvider() {
    super("hdfs");
  }

  @Override
  void finish(FSDataOutputStream stream) throws IOException {
    stream.hsync();
  }

  @Override
  void rename(HadoopPath from, HadoopPath to, boolean replaces, boolean atomic) throws IOException {
    FileContext files = from.getFileSystem().context();
    files.rename(
        from.hadoop(), to.hadoop(), replaces ? Options.Rename.OVERWRITE : Options.Rename.NONE);
  }

  /** Whether a path lies on HDFS. */
  public static boolean holds(Path path) {
    return path.getFileSystem().provider() instanceof HdfsProvider;
  }
}
