package io.capoflow.datasets.verification;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.datasets.rows.ParquetObjects;
import io.capoflow.datasets.verification.AnswerRow.Parquet;
import io.capoflow.datasets.verification.AnswerRow.Unreadable;
import io.capoflow.datasets.verification.FileVerification.Progress;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.avro.generic.IndexedRecord;

/** The rows of a file, one at a time and in file order. Not thread-safe. */
interface AnswerRows extends Closeable {
  /** The next row; empty behind the last. */
  Optional<AnswerRow> next();

  /** How far the reading has come, in units of the total. */
  long done();

  long total();

  /** What {@link #total} counts. */
  String unit();

  /**
   * Opens a file by its ending.
   *
   * @throws UserMistake when it is not there, or of another kind
   */
  static AnswerRows open(Path file) {
    requireThere(file);
    return switch (RowFormat.of(file)) {
      case JSON_LINES -> new Lines(file);
      case PARQUET -> new Records(ParquetObjects.open(file));
    };
  }

  /**
   * The same, telling how far the reading has come.
   *
   * @param pass as {@link Progress} names it
   */
  static AnswerRows open(Path file, String pass, Progress progress) {
    return new Watched(open(file), pass, progress);
  }

  static void requireThere(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new UserMistake(file + ": no such file; name a file of answers");
    }
  }

  /** Rows that tell how far their reading has come. */
  final class Watched implements AnswerRows {
    private static final int ROWS_BETWEEN_REPORTS = 1_000;

    private final AnswerRows rows;
    private final String pass;
    private final Progress progress;
    private long taken;

    private Watched(AnswerRows rows, String pass, Progress progress) {
      this.rows = rows;
      this.pass = pass;
      this.progress = progress;
    }

    @Override
    public Optional<AnswerRow> next() {
      if (++taken % ROWS_BETWEEN_REPORTS == 0) {
        progress.at(pass, done(), total(), unit());
      }
      return rows.next();
    }

    @Override
    public long done() {
      return rows.done();
    }

    @Override
    public long total() {
      return rows.total();
    }

    @Override
    public String unit() {
      return rows.unit();
    }

    @Override
    public void close() throws IOException {
      rows.close();
    }
  }

  /** JSON objects, one a line. Numbers are kept as they are written. */
  final class Lines implements AnswerRows {
    /** A line in memory; what is longer is no answer. */
    private static final int LONGEST_LINE = 1 << 24;

    private static final int BUFFER = 1 << 16;
    private static final long MEGABYTE = 1 << 20;

    private final Path file;
    private final InputStream in;
    private final long bytes;
    private final byte[] buffer = new byte[BUFFER];
    private int position;
    private int filled;
    private long read;
    private long line;

    private Lines(Path file) {
      this.file = file;
      try {
        this.bytes = Files.size(file);
        this.in = Files.newInputStream(file);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + file, e);
      }
    }

    @Override
    public Optional<AnswerRow> next() {
      try {
        for (Optional<AnswerRow> row = line(); ; row = line()) {
          if (row.isEmpty() || !isBlank(row.get())) {
            return row;
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + file, e);
      }
    }

    private static boolean isBlank(AnswerRow row) {
      return row instanceof Unreadable unreadable && unreadable.fault().isEmpty();
    }

    /** A blank line is unreadable without a fault. */
    private Optional<AnswerRow> line() throws IOException {
      if (position == filled && !fill()) {
        return Optional.empty();
      }
      line++;
      ByteArrayOutputStream content = new ByteArrayOutputStream(1 << 10);
      boolean cut = false;
      do {
        int end = position;
        while (end < filled && buffer[end] != '\n') {
          end++;
        }
        int fitting = Math.min(end - position, LONGEST_LINE - content.size());
        content.write(buffer, position, fitting);
        cut |= fitting < end - position;
        position = end;
      } while (position == filled && fill());
      position += position < filled ? 1 : 0;
      return Optional.of(row(content.toByteArray(), cut));
    }

    private boolean fill() throws IOException {
      filled = Math.max(0, in.read(buffer));
      position = 0;
      read += filled;
      return filled > 0;
    }

    private AnswerRow row(byte[] content, boolean cut) {
      String text;
      try {
        text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
      } catch (CharacterCodingException notText) {
        return new Unreadable(line, cut ? tooLong() : "is not UTF-8 text", "");
      }
      if (cut) {
        return new Unreadable(line, tooLong(), text);
      }
      String unmarked = line == 1 && text.startsWith("\ufeff") ? text.substring(1) : text;
      if (unmarked.isBlank()) {
        return new Unreadable(line, "", "");
      }
      try {
        JsonNode node = Json.EXACT.readTree(unmarked);
        return node instanceof ObjectNode object
            ? new AnswerRow.Json(line, object)
            : new Unreadable(line, "is no JSON object", unmarked);
      } catch (JsonProcessingException broken) {
        String message = broken.getOriginalMessage().replaceAll("\\s+", " ");
        return new Unreadable(line, "is not JSON: " + message, unmarked);
      }
    }

    private static String tooLong() {
      return "is longer than " + LONGEST_LINE / MEGABYTE + " MiB";
    }

    @Override
    public long done() {
      return read / MEGABYTE;
    }

    @Override
    public long total() {
      return bytes / MEGABYTE;
    }

    @Override
    public String unit() {
      return "MiB";
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  /** Rows of Parquet. */
  final class Records implements AnswerRows {
    private final ParquetObjects.Rows rows;
    private long read;

    private Records(ParquetObjects.Rows rows) {
      this.rows = rows;
    }

    @Override
    public Optional<AnswerRow> next() {
      Optional<IndexedRecord> row = rows.next();
      read += row.isPresent() ? 1 : 0;
      return row.map(values -> new Parquet(read, values));
    }

    @Override
    public long done() {
      return read;
    }

    @Override
    public long total() {
      return rows.count();
    }

    @Override
    public String unit() {
      return "rows";
    }

    @Override
    public void close() throws IOException {
      rows.close();
    }
  }
}
