package io.capoflow.runners.cli;

import io.capoflow.runners.diff.Difference;
import io.capoflow.runners.terminal.Terminal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Where two runs or datasets part, as it is shown. */
final class DifferenceLines {
  private DifferenceLines() {}

  /**
   * The lines of a difference.
   *
   * @param first as the user named it
   * @param second as the user named it
   */
  static List<String> of(Difference difference, Path first, Path second) {
    List<String> lines = new ArrayList<>();
    lines.add("different: " + Terminal.safe(difference.where()));
    difference
        .field()
        .ifPresent(
            field -> {
              lines.add("  field   " + Terminal.safe(field.path()));
              lines.add("  " + Terminal.safe(first + ": " + field.first()));
              lines.add("  " + Terminal.safe(second + ": " + field.second()));
            });
    return lines;
  }
}
