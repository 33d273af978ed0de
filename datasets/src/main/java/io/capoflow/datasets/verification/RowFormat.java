package io.capoflow.datasets.verification;

import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Files that can be read and written row by row. */
enum RowFormat {
  JSON_LINES,
  PARQUET;

  private static final List<String> PACKED = List.of(".gz", ".zst", ".bz2", ".xz", ".zip");

  /**
   * By the ending.
   *
   * @throws UserMistake when it is another
   */
  static RowFormat of(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (name.endsWith(".jsonl") || name.endsWith(".ndjson")) {
      return JSON_LINES;
    }
    if (name.endsWith(".parquet")) {
      return PARQUET;
    }
    if (PACKED.stream().anyMatch(name::endsWith)) {
      throw new UserMistake(file + ": is packed; unpack it and name the .jsonl or .parquet in it");
    }
    throw new UserMistake(
        file + ": is known by its ending, which must be .jsonl or .parquet; rename it");
  }
}
