package io.capoflow.transforms.filesystems;

import java.io.FilterOutputStream;
import java.io.IOException;
import org.apache.hadoop.fs.FSDataOutputStream;

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
      stream.write(bytes, from, count);
    } catch (IOException e) {
      throw HadoopFailures.of(file, e);
    }
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try (stream) {
      provider.finish(stream);
    } catch (IOException e) {
      throw HadoopFailures.of(file, e);
    }
  }
}
