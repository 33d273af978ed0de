package io.capoflow.datasets.verification;

import io.capoflow.datasets.rows.FileRow;
import io.capoflow.datasets.rows.FileRows;
import io.capoflow.datasets.verification.FileVerification.Progress;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Opens files of answers. Numbers are kept as they are written. */
final class AnswerFile {
  private static final String HOLDING = "answers";

  private AnswerFile() {}

  /**
   * Opens a file by its ending.
   *
   * @throws UserMistake when it is not there, or of another kind
   */
  static FileRows open(Path file) {
    requireThere(file);
    return switch (RowFormat.of(file)) {
      case JSON_LINES, PARQUET -> FileRows.open(file, HOLDING, Json.EXACT);
    };
  }

  /**
   * The same, telling how far the reading has come.
   *
   * @param pass as {@link Progress} names it
   */
  static FileRows open(Path file, String pass, Progress progress) {
    return new Watched(open(file), pass, progress);
  }

  static void requireThere(Path file) {
    FileRows.requireThere(file, HOLDING);
  }

  /** Rows that tell how far their reading has come. */
  private static final class Watched implements FileRows {
    private static final int ROWS_BETWEEN_REPORTS = 1_000;

    private final FileRows rows;
    private final String pass;
    private final Progress progress;
    private long taken;

    private Watched(FileRows rows, String pass, Progress progress) {
      this.rows = rows;
      this.pass = pass;
      this.progress = progress;
    }

    @Override
    public Optional<FileRow> next() {
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
}
