package io.capoflow.datasets.rollouts;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.RejectedRow;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Reads files of rollouts, whatever their layout, row by row and in flat memory: Parquet, JSON
 * lines, a JSON array; text files plain or compressed by gzip.
 *
 * <p>The same row gives the same {@code rollout_id}, wherever it stands. Rows that are equal in
 * every column have equal ids: whoever keeps rows apart by id keeps one of them.
 */
public final class RolloutIntake {
  /** Told how far the reading has come, now and then. */
  public interface Progress {
    /**
     * @param rows read so far, of all files
     */
    void at(Path file, long rows);
  }

  /** What becomes of rows. Called on the reading thread, in file order. */
  public interface Rows {
    /**
     * Takes a rollout.
     *
     * @return whether more are wanted
     */
    boolean take(GivenRollout rollout);

    /** Takes a row that cannot be used. */
    void reject(RejectedRow row);
  }

  /**
   * An intake of files.
   *
   * @param problems golds and solutions for rows that have none, see {@link KnownProblems}
   */
  public RolloutIntake(Optional<KnownProblems> problems) {
    requireNonNull(problems, "problems");
  }

  /**
   * The files that paths and globs name, without repeats, in the order of their names within a
   * glob.
   *
   * @throws io.capoflow.schemas.UserMistake when one names no file
   */
  public static List<Path> files(List<String> pathsAndGlobs) {
    return pathsAndGlobs.stream().map(Path::of).toList();
  }

  /**
   * Reads files until their end, or until no more rows are wanted.
   *
   * @throws io.capoflow.schemas.UserMistake when a file as a whole cannot be read
   */
  public void read(List<Path> files, Rows rows, Progress progress) {
    requireNonNull(rows, "rows");
    requireNonNull(progress, "progress");
  }
}
