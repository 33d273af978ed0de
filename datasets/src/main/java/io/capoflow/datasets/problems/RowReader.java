package io.capoflow.datasets.problems;

import io.capoflow.datasets.rows.FileRow;
import io.capoflow.datasets.rows.FileRows;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads a file of problems, whole. */
final class RowReader {
  private RowReader() {}

  /**
   * All rows in file order, the unreadable ones as such.
   *
   * @throws UserMistake when the file as a whole cannot be read
   */
  static List<SourceRow> read(Path file) {
    List<SourceRow> read = new ArrayList<>();
    try (FileRows rows = FileRows.open(file, "problems", Json.STRICT)) {
      for (Optional<FileRow> row = rows.next(); row.isPresent(); row = rows.next()) {
        read.add(of(row.get()));
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException("cannot read " + file, unreadable);
    }
    return read;
  }

  private static SourceRow of(FileRow row) {
    return row instanceof FileRow.Unreadable unreadable
        ? SourceRow.unreadable(unreadable.line(), unreadable.fault(), unreadable.content())
        : SourceRow.of(row.line(), row.json(), row.content());
  }
}
