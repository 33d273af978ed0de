package io.capoflow.runners.terminal;

import java.util.Locale;

/** A line that says how far something has come. */
public final class ProgressBar {
  private static final int WIDTH = 24;

  private ProgressBar() {}

  /**
   * The line.
   *
   * @param label what is going on
   * @param unit what is counted
   * @param columns of the terminal: the line stays shorter, since one that wraps could not be taken
   *     back
   */
  public static String of(String label, long done, long total, String unit, int columns) {
    int filled = total <= 0 ? 0 : (int) Math.min(WIDTH, WIDTH * done / total);
    String line =
        String.format(
            Locale.ROOT,
            "%s  %s%s  %d of %d %s",
            label,
            "━".repeat(filled),
            "·".repeat(WIDTH - filled),
            done,
            total,
            unit);
    return line.length() < columns ? line : line.substring(0, columns - 1);
  }
}
