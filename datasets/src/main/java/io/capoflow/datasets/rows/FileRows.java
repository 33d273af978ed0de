package io.capoflow.datasets.rows;

import com.fasterxml.jackson.databind.ObjectReader;
import io.capoflow.schemas.UserMistake;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.avro.generic.IndexedRecord;

/**
 * The rows of a file, one at a time and in file order, in memory that does not grow with the file.
 * Not thread-safe.
 */
public interface FileRows extends Closeable {
  /**
   * The next row; empty behind the last.
   *
   * @throws UserMistake when the file cannot be read from here on
   */
  Optional<FileRow> next();

  /** How far the reading has come, in units of the total. */
  long done();

  long total();

  /** What {@link #total} counts. */
  String unit();

  /**
   * Opens a file by its ending, see {@link FileFormat}.
   *
   * @param holding what its rows are, for the error to name: answers, problems, …
   * @param json reads a row of a text file
   * @throws UserMistake when it is not there, may not be read, or is of another kind
   */
  static FileRows open(Path file, String holding, ObjectReader json) {
    requireThere(file, holding);
    FileFormat format = FileFormat.of(file);
    return switch (format.layout()) {
      case PARQUET -> new Records(ParquetObjects.open(file));
      case JSON_LINES, JSON_ARRAY -> new TextRows(file, format, json);
    };
  }

  /**
   * Refuses what is no file.
   *
   * @throws UserMistake when it is not there
   */
  static void requireThere(Path file, String holding) {
    if (!Files.isRegularFile(file)) {
      throw new UserMistake(file + ": no such file; name a file of " + holding);
    }
  }

  /** Rows of Parquet. */
  final class Records implements FileRows {
    private final ParquetObjects.Rows rows;
    private long read;

    private Records(ParquetObjects.Rows rows) {
      this.rows = rows;
    }

    @Override
    public Optional<FileRow> next() {
      Optional<IndexedRecord> row = rows.next();
      read += row.isPresent() ? 1 : 0;
      return row.map(values -> new FileRow.Parquet(read, values));
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
