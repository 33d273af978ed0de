package io.capoflow.datasets.rollouts;

import static java.util.Objects.requireNonNull;

import io.capoflow.datasets.rows.FileRow;
import io.capoflow.datasets.rows.FileRows;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.RejectedRow;
import io.capoflow.schemas.Rollout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Reads files of rollouts, whatever their layout, row by row and in flat memory: Parquet, JSON
 * lines, a JSON array; text files plain or compressed by gzip. docs/rollout-layouts.md lists the
 * layouts, which are told by their columns. Not thread-safe.
 *
 * <pre>{@code
 * List<Path> files = RolloutIntake.files(List.of("rollouts/*.jsonl.gz"));
 * new RolloutIntake(Optional.empty()).read(files, rows, progress);
 * }</pre>
 *
 * <p>The same row gives the same {@code rollout_id}, wherever it stands, see {@link
 * RolloutIdentity}. Rows that are equal in every column have equal ids: whoever keeps rows apart by
 * id keeps one of them. What is filled in from {@link KnownProblems} counts as content.
 */
public final class RolloutIntake {
  private static final int ROWS_BETWEEN_REPORTS = 1_000;
  private static final int LONGEST_CONTENT = 2_000;
  private static final int LONGEST_DETAIL = 500;

  static {
    RecordClasses.trust(); // to copy them
  }

  private final Optional<KnownProblems> problems;

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
    this.problems = requireNonNull(problems, "problems");
  }

  /**
   * The files that paths and globs name, without repeats, in the order of their names within a
   * glob. A folder names the Parquet files in it, as a table. {@code **} is any number of folders.
   *
   * @throws io.capoflow.schemas.UserMistake when one names no file
   */
  public static List<Path> files(List<String> pathsAndGlobs) {
    return RolloutFiles.named(pathsAndGlobs);
  }

  /**
   * Reads files until their end, or until no more rows are wanted.
   *
   * @throws io.capoflow.schemas.UserMistake when a file as a whole cannot be read; the rows before
   *     that place have been given away
   */
  public void read(List<Path> files, Rows rows, Progress progress) {
    requireNonNull(rows, "rows");
    requireNonNull(progress, "progress");
    long read = 0;
    for (Path file : files) {
      try (FileRows input = FileRows.open(file, "rollouts", Json.EXACT)) {
        for (Optional<FileRow> row = input.next(); row.isPresent(); row = input.next()) {
          if (++read % ROWS_BETWEEN_REPORTS == 0) {
            progress.at(file, read);
          }
          if (!give(file, row.get(), rows)) {
            progress.at(file, read);
            return;
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + file, e);
      }
      progress.at(file, read);
    }
  }

  /** Whether more rows are wanted. */
  private boolean give(Path file, FileRow row, Rows rows) {
    GivenRollout rollout;
    try {
      rollout = rollout(file, row);
    } catch (BadRolloutException bad) {
      rows.reject(rejection(file, row, bad));
      return true;
    }
    return rows.take(rollout);
  }

  private GivenRollout rollout(Path file, FileRow row) throws BadRolloutException {
    if (row instanceof FileRow.Unreadable unreadable) {
      throw new BadRolloutException(RolloutRejection.MALFORMED, unreadable.fault());
    }
    RowColumns columns = new RowColumns(row.json());
    Optional<RolloutLayout> layout = RolloutLayout.of(columns);
    if (layout.isEmpty()) {
      throw new BadRolloutException(
          RolloutRejection.UNKNOWN_LAYOUT,
          "has the columns %s; a row needs %s"
              .formatted(shownNames(columns), RolloutLayout.allColumns()));
    }
    GivenRollout rollout = placed(layout.get().read(columns), file, row.line());
    Optional<String> fault = WellFormedText.fault(rollout);
    if (fault.isPresent()) {
      throw new BadRolloutException(
          RolloutRejection.UNPAIRED_SURROGATE,
          fault.get()
              + ": holds half a surrogate pair (\\ud800 to \\udfff), which is no character");
    }
    return RolloutIdentity.settled(rollout);
  }

  /** A row with the place where it stood, and with what is known of its problem. */
  private GivenRollout placed(GivenRollout row, Path file, long line) {
    Rollout rollout = row.getRollout();
    Optional<String> sourceId = Optional.ofNullable(row.getSourceId());
    Problem problem =
        problems
            .map(known -> known.filled(rollout.getProblem(), sourceId))
            .orElse(rollout.getProblem());
    return GivenRollout.newBuilder(row)
        .setRollout(Rollout.newBuilder(rollout).setProblem(problem).build())
        .setSourceFile(file.toString())
        .setSourceLine(line)
        .build();
  }

  private static String shownNames(RowColumns columns) {
    String names = String.join(", ", columns.all());
    return names.length() <= LONGEST_DETAIL
        ? names
        : WellFormedText.shown(names, LONGEST_DETAIL) + "…";
  }

  private static RejectedRow rejection(Path file, FileRow row, BadRolloutException bad) {
    Optional<String> id =
        row instanceof FileRow.Unreadable
            ? Optional.empty()
            : RowProblem.rowId(new RowColumns(row.json()));
    return RejectedRow.newBuilder()
        .setFile(file.toString())
        .setLine(row.line())
        .setSourceId(id.map(name -> WellFormedText.shown(name, LONGEST_DETAIL)).orElse(null))
        .setReason(bad.reason().name())
        .setDetail(
            WellFormedText.shown(bad.getMessage(), 2 * LONGEST_CONTENT)
                .replaceAll("\\p{Cntrl}", "\ufffd"))
        .setContent(WellFormedText.shown(row.content(), LONGEST_CONTENT))
        .build();
  }
}
