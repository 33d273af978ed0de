package io.capoflow.pipelines.critics;

import java.util.Locale;

/** How long something takes, as people say it. */
public final class Durations {
  private Durations() {}

  /** {@code 42 s}, {@code 17 min}, {@code 5.2 h}. */
  public static String text(double seconds) {
    if (seconds < 100) {
      return String.format(Locale.ROOT, "%.0f s", seconds);
    }
    return seconds < 6_000
        ? String.format(Locale.ROOT, "%.0f min", seconds / 60)
        : String.format(Locale.ROOT, "%.1f h", seconds / 3_600);
  }
}
