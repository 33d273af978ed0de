package io.capoflow.datasets.rows;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Cuts a text file into the bytes of its rows, without reading what they say. Holds one row at a
 * time, and of that no more than a limit. Not thread-safe.
 */
abstract sealed class RowPieces {
  private static final int FIRST_ROOM = 1 << 10;

  private final FileBytes source;
  private final int longest;
  private byte[] kept = new byte[FIRST_ROOM];
  private int length;
  private boolean cut;

  /**
   * The bytes of a row.
   *
   * @param line on which it begins, from 1
   * @param cut whether it was longer than the limit; the rest of it was passed over
   */
  record Piece(long line, byte[] bytes, boolean cut) {}

  private RowPieces(FileBytes source, int longest) {
    this.source = source;
    this.longest = longest;
  }

  /**
   * The next row; empty behind the last.
   *
   * @throws IOException when the file cannot be read
   */
  abstract Optional<Piece> next() throws IOException;

  final int read() throws IOException {
    return source.next();
  }

  final void keep(int next) {
    if (length == longest) {
      cut = true;
      return;
    }
    if (length == kept.length) {
      kept = Arrays.copyOf(kept, (int) Math.min(longest, 2L * length));
    }
    kept[length++] = (byte) next;
  }

  /** What was kept since the last piece. */
  final Piece piece(long line) {
    Piece piece = new Piece(line, Arrays.copyOf(kept, length), cut);
    length = 0;
    cut = false;
    return piece;
  }

  /** Rows that are lines. */
  static final class Lines extends RowPieces {
    private long line;

    Lines(FileBytes source, int longest) {
      super(source, longest);
    }

    @Override
    Optional<Piece> next() throws IOException {
      int next = read();
      if (next < 0) {
        return Optional.empty();
      }
      line++;
      for (; next >= 0 && next != '\n'; next = read()) {
        keep(next);
      }
      return Optional.of(piece(line));
    }
  }

  /** Rows that are the elements of a JSON array. */
  static final class Elements extends RowPieces {
    private final Path file;
    private long line = 1;
    private int next = ' ';
    private boolean inside;

    Elements(Path file, FileBytes source, int longest) {
      super(source, longest);
      this.file = file;
    }

    @Override
    Optional<Piece> next() throws IOException {
      boolean first = !inside;
      if (first) {
        open();
      }
      skipBlanks();
      if (next == ']') {
        close();
        return Optional.empty();
      }
      if (!first) {
        advance(); // behind the comma
        skipBlanks();
      }
      return Optional.of(element());
    }

    private void open() throws IOException {
      skipBlanks();
      if (next != '[') {
        throw new UserMistake(
            file
                + ": must hold a JSON array of objects"
                + (next == '{' ? "; name it .jsonl if it holds an object a line" : ""));
      }
      inside = true;
      advance();
    }

    private void close() throws IOException {
      do {
        advance();
      } while (isBlank(next));
      if (next >= 0) {
        throw broken(line, "something follows the end of the array");
      }
      next = ']'; // whoever asks again is told the same
    }

    /** Up to the comma or the bracket behind it, which stays to be read. */
    private Piece element() throws IOException {
      long begin = line;
      int depth = 0;
      boolean text = false;
      boolean escaped = false;
      boolean any = false;
      while (text || depth > 0 || (next != ',' && next != ']')) {
        if (next < 0) {
          throw broken(begin, "the file ends inside the row that begins here");
        }
        if (text) {
          text = escaped || next != '"';
          escaped = !escaped && next == '\\';
        } else {
          text = next == '"';
          depth += next == '{' || next == '[' ? 1 : next == '}' || next == ']' ? -1 : 0;
        }
        keep(next);
        any = true;
        advance();
      }
      if (!any) {
        throw broken(begin, "no row stands before this " + (next == ',' ? "comma" : "bracket"));
      }
      return piece(begin);
    }

    private void skipBlanks() throws IOException {
      while (isBlank(next)) {
        advance();
      }
    }

    private void advance() throws IOException {
      line += next == '\n' ? 1 : 0;
      next = read();
    }

    private static boolean isBlank(int next) {
      return next == ' ' || next == '\n' || next == '\r' || next == '\t';
    }

    private UserMistake broken(long line, String what) {
      return new UserMistake(file + ":" + line + ": is not JSON: " + what);
    }
  }
}
