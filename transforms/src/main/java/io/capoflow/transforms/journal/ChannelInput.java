package io.capoflow.transforms.journal;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.SeekableInputStream;

/**
 * A file that is open, for Parquet's readers: it can be read after it lost its name. Any number of
 * streams may read it at once.
 */
record ChannelInput(FileChannel channel) implements InputFile {
  @Override
  public long getLength() throws IOException {
    return channel.size();
  }

  @Override
  public SeekableInputStream newStream() {
    return new At(channel);
  }

  /** Reads from a position of its own; closing it leaves the file open. */
  private static final class At extends SeekableInputStream {
    private final FileChannel channel;
    private long position;

    At(FileChannel channel) {
      this.channel = channel;
    }

    @Override
    public long getPos() {
      return position;
    }

    @Override
    public void seek(long newPosition) {
      position = newPosition;
    }

    @Override
    public int read() throws IOException {
      ByteBuffer one = ByteBuffer.allocate(1);
      return read(one) < 0 ? -1 : one.get(0) & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int from, int count) throws IOException {
      return count == 0 ? 0 : read(ByteBuffer.wrap(bytes, from, count));
    }

    @Override
    public int read(ByteBuffer bytes) throws IOException {
      int count = channel.read(bytes, position);
      if (count > 0) {
        position += count;
      }
      return count;
    }

    @Override
    public void readFully(byte[] bytes) throws IOException {
      readFully(ByteBuffer.wrap(bytes));
    }

    @Override
    public void readFully(byte[] bytes, int from, int count) throws IOException {
      readFully(ByteBuffer.wrap(bytes, from, count));
    }

    @Override
    public void readFully(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        if (read(bytes) < 0) {
          throw new EOFException("the file ends at " + position);
        }
      }
    }
  }
}
