package io.capoflow.transforms.filesystems;

import java.io.FilterOutputStream;
import java.io.IOException;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.io.IOUtils;

/** A file that is written, and stays when it is closed. For one thread. */
final class WholeFile extends FilterOutputStream {
  private final HadoopProvider provider;
  private final HadoopPath file;
  private final FSDataOutputStream stream;
  private boolean closed;

  WholeFile(HadoopProvider provider, HadoopPath file, FSDataOutputStream stream) {
    super(stream);
    this.provider = provider;
    this.file = file;
    this.stream = stream;
  }

  @Override
  public void write(byte[] bytes, int from, int count) throws IOException {
    try {
      HadoopThreads.startedHere(
          () -> {
            stream.write(bytes, from, count);
            return count;
          });
    } catch (IOException e) {
      throw HadoopFailures.of(file, e);
    }
  }

  /**
   * Gives the file up: in an object store nothing comes under its name, or what was there stays.
   * Closing it would put there what was written so far.
   */
  void abandon() {
    closed = true;
    if (stream.hasCapability(CommonPathCapabilities.ABORTABLE_STREAM)) {
      stream.abort();
    } else {
      IOUtils.closeStream(stream);
    }
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try {
      HadoopThreads.startedHere(
          () -> {
            try (stream) {
              provider.finish(stream);
            }
            return true;
          });
    } catch (IOException e) {
      throw HadoopFailures.of(file, e);
    }
  }
}
