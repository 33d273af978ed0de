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
  /** Parquet reads its indexes byte by byte. */
  private static final int AHEAD_BYTES = 1 << 13;

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
    private final byte[] ahead = new byte[AHEAD_BYTES];
    private long aheadFrom;
    private int aheadBytes;
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
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int from, int count) throws IOException {
      return count == 0 ? 0 : read(ByteBuffer.wrap(bytes, from, count));
    }

    @Override
    public int read(ByteBuffer bytes) throws IOException {
      int known = known();
      if (known == 0 && bytes.remaining() < AHEAD_BYTES) {
        aheadFrom = position;
        aheadBytes = Math.max(0, channel.read(ByteBuffer.wrap(ahead), position));
        known = known();
      }
      int count;
      if (known > 0) {
        count = Math.min(known, bytes.remaining());
        bytes.put(ahead, (int) (position - aheadFrom), count);
      } else {
        count = channel.read(bytes, position);
      }
      position += Math.max(0, count);
      return count;
    }

    /** Bytes from here on that were read ahead. */
    private int known() {
      long offset = position - aheadFrom;
      return offset >= 0 && offset < aheadBytes ? (int) (aheadBytes - offset) : 0;
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
