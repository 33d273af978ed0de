package io.capoflow.transforms.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * A segment as its readers see it: lines, of which more may come. The last one counts only when its
 * line break is there. Not thread-safe, but for {@link #at}.
 */
final class Segment implements AutoCloseable {
  private static final int CHUNK_BYTES = 1 << 18;
  private static final int LINE_BYTES = 1 << 14;

  private final Path file;
  private final FileChannel channel;
  private long read;
  private long length;
  private long lines;
  private long damaged;

  Segment(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Takes a whole line. */
  interface LineReader {
    /**
     * One line.
     *
     * @param offset where it begins
     * @param header of the line
     * @param line without its line break
     */
    void line(long offset, AnswerLine.Header header, byte[] line);
  }

  /** Reads the lines that came since the last time; damaged ones are counted and passed over. */
  void follow(LineReader each) throws IOException {
    byte[] bytes = new byte[CHUNK_BYTES];
    int filled = 0;
    for (int count = read(bytes, filled); count > 0; count = read(bytes, filled)) {
      filled += count;
      length = Math.max(length, read + filled);
      int start = 0;
      for (int end = lineBreak(bytes, start, filled);
          end >= 0;
          end = lineBreak(bytes, start, filled)) {
        byte[] line = Arrays.copyOfRange(bytes, start, end);
        Optional<AnswerLine.Header> header =
            AnswerLine.isWhole(line) ? AnswerLine.header(line) : Optional.empty();
        if (header.isPresent()) {
          lines++;
          each.line(read + start, header.get(), line);
        } else {
          damaged++;
        }
        start = end + 1;
      }
      read += start;
      filled -= start;
      System.arraycopy(bytes, start, bytes, 0, filled);
      if (filled == bytes.length) {
        bytes = Arrays.copyOf(bytes, bytes.length * 2);
      }
    }
  }

  private int read(byte[] bytes, int filled) throws IOException {
    return channel.read(ByteBuffer.wrap(bytes, filled, bytes.length - filled), read + filled);
  }

  private static int lineBreak(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  /** The answer whose line begins at an offset; empty where it was damaged since. Thread-safe. */
  Optional<KeptAnswer> at(long offset) throws IOException {
    byte[] bytes = new byte[LINE_BYTES];
    int filled = 0;
    while (true) {
      int count =
          channel.read(ByteBuffer.wrap(bytes, filled, bytes.length - filled), offset + filled);
      if (count < 0) {
        return Optional.empty();
      }
      int end = lineBreak(bytes, filled, filled + count);
      if (end >= 0) {
        return AnswerLine.decode(Arrays.copyOf(bytes, end));
      }
      filled += count;
      if (filled == bytes.length) {
        bytes = Arrays.copyOf(bytes, bytes.length * 2);
      }
    }
  }

  /** Forces what is there to disk. Thread-safe. */
  void force() throws IOException {
    channel.force(false);
  }

  /** Counts a line that was whole when it was followed, or seemed to be an answer. */
  void foundDamagedLater() {
    damaged++;
    lines--;
  }

  Path file() {
    return file;
  }

  String name() {
    return file.getFileName().toString();
  }

  /** Bytes that were seen, those of a torn last line among them. */
  long length() {
    return length;
  }

  /** Bytes of lines that were read. */
  long read() {
    return read;
  }

  long lines() {
    return lines;
  }

  long damaged() {
    return damaged;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
