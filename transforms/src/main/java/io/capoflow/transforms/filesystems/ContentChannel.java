package io.capoflow.transforms.filesystems;

import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;

/** A file's content that is in memory. For one thread at a time. */
final class ContentChannel implements SeekableByteChannel {
  private final byte[] content;
  private long position;
  private boolean open = true;

  ContentChannel(byte[] content) {
    this.content = content;
  }

  /** Another channel on the same content, from its beginning. */
  ContentChannel again() {
    return new ContentChannel(content);
  }

  @Override
  public int read(ByteBuffer target) throws ClosedChannelException {
    requireOpen();
    if (position >= content.length) {
      return target.hasRemaining() ? -1 : 0;
    }
    int count = Math.min(target.remaining(), content.length - (int) position);
    target.put(content, (int) position, count);
    position += count;
    return count;
  }

  @Override
  public long position() throws ClosedChannelException {
    requireOpen();
    return position;
  }

  @Override
  public ContentChannel position(long newPosition) throws ClosedChannelException {
    requireOpen();
    position = newPosition;
    return this;
  }

  @Override
  public long size() throws ClosedChannelException {
    requireOpen();
    return content.length;
  }

  @Override
  public int write(ByteBuffer source) {
    throw new NonWritableChannelException();
  }

  @Override
  public ContentChannel truncate(long size) {
    throw new NonWritableChannelException();
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() {
    open = false;
  }

  private void requireOpen() throws ClosedChannelException {
    if (!open) {
      throw new ClosedChannelException();
    }
  }
}
