package io.capoflow.datasets.rows;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;
import java.util.Locale;

/**
 * How a file holds its rows, told by its ending: {@code .parquet}, {@code .jsonl} or {@code
 * .ndjson} (one object a line), {@code .json} (an array of objects); text files also packed, as
 * {@code .jsonl.gz}.
 *
 * @param packed by gzip
 */
record FileFormat(Layout layout, boolean packed) {
  private static final String PACKED = ".gz";

  /** What stands between rows. */
  enum Layout {
    PARQUET,
    JSON_LINES,
    JSON_ARRAY
  }

  FileFormat {
    requireNonNull(layout, "layout");
  }

  /**
   * By the ending.
   *
   * @throws UserMistake when it is another
   */
  static FileFormat of(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    boolean packed = name.endsWith(PACKED);
    String plain = packed ? name.substring(0, name.length() - PACKED.length()) : name;
    if (plain.endsWith(".jsonl") || plain.endsWith(".ndjson")) {
      return new FileFormat(Layout.JSON_LINES, packed);
    }
    if (plain.endsWith(".json")) {
      return new FileFormat(Layout.JSON_ARRAY, packed);
    }
    if (plain.endsWith(".parquet") && !packed) {
      return new FileFormat(Layout.PARQUET, false);
    }
    throw new UserMistake(
        file
            + ": is read by its ending, which must be .parquet, .jsonl or .json, of the last two also"
            + " packed (.jsonl.gz); rename it");
  }
}
