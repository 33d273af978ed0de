package io.capoflow.transforms.filesystems;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import org.apache.hadoop.fs.FSDataInputStream;

/** Reads a file from any place. For one thread at a time. */
final class ReadChannel implements SeekableByteChannel {
  private static final int BLOCK = 1 << 16;

  private final FSDataInputStream stream;
  private final long size;
  private boolean open = true;

  ReadChannel(FSDataInputStream stream, long size) {
    this.stream = stream;
    this.size = size;
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
