package io.capoflow.datasets.problems;

import java.nio.file.Path;
import java.util.Locale;

/**
 * Names rows after their file and the line on which they begin, {@code gsm8k-train-000017}. A JSON
 * array may hold many on one line: the second is {@code gsm8k-train-000017-2}. Not thread-safe.
 */
final class RowNames {
  private final String base;
  private long line;
  private int onLine;

  RowNames(Path file) {
    String name = String.valueOf(file.getFileName()).replaceFirst("(?i)\\.gz$", "");
    this.base = name.substring(0, name.lastIndexOf('.'));
  }

  /**
   * The name of a row.
   *
   * @param row the one behind the last that was asked for, in file order
   */
  String of(SourceRow row) {
    onLine = row.line() == line ? onLine + 1 : 1;
    line = row.line();
    String name = String.format(Locale.ROOT, "%s-%06d", base, line);
    return onLine == 1 ? name : name + "-" + onLine;
  }
}
