package io.capoflow.transforms.filesystems;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.util.functional.FutureIO;

/**
 * Reads a file from any place. A small one is read whole when it is opened: what is read is then of
 * one moment, also of a file that is replaced meanwhile. For one thread at a time.
 */
final class ReadChannel implements SeekableByteChannel {
  private static final int SMALL = 4 << 20;
  private static final int BLOCK = 1 << 16;

  private final FSDataInputStream stream;
  private final long size;
  private boolean open = true;

  private ReadChannel(FSDataInputStream stream, long size) {
    this.stream = stream;
    this.size = size;
  }

  /**
   * Opens a file.
   *
   * @throws IOException also where a small one is not as long any more as it was
   */
  static SeekableByteChannel open(FileSystem files, FileStatus file) throws IOException {
    FSDataInputStream stream = stream(files, file);
    if (file.getLen() > SMALL) {
      return new ReadChannel(stream, file.getLen());
    }
    byte[] content = new byte[(int) file.getLen()];
    try (stream) {
      stream.readFully(content);
      if (stream.read() >= 0) {
        throw new IOException("it has grown");
      }
    }
    return new ContentChannel(content);
  }

  /** Opens a file without asking again what is known of it. */
  static FSDataInputStream stream(FileSystem files, FileStatus file) throws IOException {
    return HadoopThreads.startedHere(
        () -> FutureIO.awaitFuture(files.openFile(file.getPath()).withFileStatus(file).build()));
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    requireOpen();
    if (!target.hasRemaining()) {
      return 0;
    }
    byte[] block = new byte[Math.min(BLOCK, target.remaining())];
    int count = stream.read(block, 0, block.length);
    if (count > 0) {
      target.put(block, 0, count);
    }
    return count;
  }

  @Override
  public long position() throws IOException {
    requireOpen();
    return stream.getPos();
  }

  @Override
  public ReadChannel position(long position) throws IOException {
    requireOpen();
    stream.seek(Math.min(position, size));
    return this;
  }

  @Override
  public long size() throws IOException {
    requireOpen();
    return size;
  }

  @Override
  public int write(ByteBuffer source) {
    throw new NonWritableChannelException();
  }

  @Override
  public ReadChannel truncate(long size) {
    throw new NonWritableChannelException();
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() throws IOException {
    open = false;
    stream.close();
  }

  private void requireOpen() throws ClosedChannelException {
    if (!open) {
      throw new ClosedChannelException();
    }
  }
}
