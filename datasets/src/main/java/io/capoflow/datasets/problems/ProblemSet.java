package io.capoflow.datasets.problems;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RejectedProblem;
import io.capoflow.schemas.UserMistake;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a file of problems held.
 *
 * @param file where they were read
 * @param problems usable, in file order
 * @param rejected rows that cannot be used, in file order
 */
public record ProblemSet(Path file, List<Problem> problems, List<RejectedProblem> rejected) {
  public ProblemSet {
    requireNonNull(file, "file");
    problems = List.copyOf(problems);
    rejected = List.copyOf(rejected);
  }

  /** Rejected rows over all rows, 0 for an empty file. */
  public double rejectedShare() {
    int rows = problems.size() + rejected.size();
    return rows == 0 ? 0 : rejected.size() / (double) rows;
  }

  /** The first rejected row in words: its line, and why it cannot be used. */
  public Optional<String> firstRejected() {
    return rejected.stream()
        .findFirst()
        .map(row -> "on line " + row.getLine() + ", " + row.getReason() + ": " + row.getDetail());
  }

  /**
   * Refuses a set that is empty or has too many bad rows, for a recipe.
   *
   * @param maxRejectedShare {@code problems.max_rejected_share}
   * @throws UserMistake with the first bad row
   */
  public ProblemSet requireUsable(double maxRejectedShare) {
    return requireUsable(maxRejectedShare, "problems.max_rejected_share");
  }

  /**
   * Refuses a set that is empty or has too many bad rows.
   *
   * @param maxRejectedShare from 0 to 1
   * @param setting where the user set it, for the error to name
   * @throws UserMistake with the first bad row
   */
  public ProblemSet requireUsable(double maxRejectedShare, String setting) {
    String first = firstRejected().map(row -> "; the first, " + row).orElse("");
    if (rejectedShare() > maxRejectedShare) {
      throw new UserMistake(
          String.format(
              Locale.ROOT,
              "%s: %d of %d rows cannot be used, more than %s %s allows%s;"
                  + " mend them, or raise the share",
              file,
              rejected.size(),
              problems.size() + rejected.size(),
              setting,
              BigDecimal.valueOf(maxRejectedShare).stripTrailingZeros().toPlainString(),
              first));
    }
    if (problems.isEmpty()) {
      throw new UserMistake(file + ": holds no usable problem" + first + "; name another file");
    }
    return this;
  }
}
