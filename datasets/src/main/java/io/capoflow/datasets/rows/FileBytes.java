package io.capoflow.datasets.rows;

import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * The bytes of a text file, unpacked where it is packed, behind its byte order mark where it has
 * one. Not thread-safe.
 */
final class FileBytes implements Closeable {
  private static final int BUFFER = 1 << 16;
  private static final byte[] MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private final long size;
  private final Counted file;
  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER];
  private int position;
  private int filled;

  /**
   * Opens a file.
   *
   * @throws IOException when it cannot be read, or is not packed
   */
  FileBytes(Path path, boolean packed) throws IOException {
    this.size = Files.size(path);
    this.file = new Counted(Files.newInputStream(path));
    try {
      this.in = packed ? new GZIPInputStream(file, BUFFER) : file;
      this.filled = in.readNBytes(buffer, 0, MARK.length);
    } catch (IOException unreadable) {
      file.close();
      throw unreadable;
    }
    boolean marked = filled == MARK.length;
    for (int i = 0; marked && i < MARK.length; i++) {
      marked = buffer[i] == MARK[i];
    }
    this.position = marked ? MARK.length : 0;
  }

  /** The next byte, from 0 to 255; -1 behind the last. */
  int next() throws IOException {
    if (position == filled) {
      filled = Math.max(0, in.read(buffer));
      position = 0;
      if (filled == 0) {
        return -1;
      }
    }
    return buffer[position++] & 0xff;
  }

  /** Bytes of the file, packed as they are. */
  long size() {
    return size;
  }

  /** How many of them were read. */
  long read() {
    return file.read;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private static final class Counted extends FilterInputStream {
    private long read;

    private Counted(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int next = super.read();
      read += next < 0 ? 0 : 1;
      return next;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = super.read(bytes, offset, length);
      read += Math.max(0, count);
      return count;
    }
  }
}
