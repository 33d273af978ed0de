package io.capoflow.datasets.problems;

import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RejectedProblem;
import io.capoflow.transforms.storage.ParquetRows;
import java.nio.file.Path;
import java.util.List;

/** Problem sets as files. Reading foreign ones, with all checks, is {@link ProblemIntake}'s. */
public final class ProblemFiles {
  private ProblemFiles() {}

  /** Writes or replaces a Parquet file of problems. */
  public static void write(Path file, List<Problem> problems) {
    ParquetRows.replace(file, Problem.class, problems);
  }

  /** Writes or replaces {@code problems-rejected.parquet}. */
  public static void writeRejected(Path file, List<RejectedProblem> rejected) {
    ParquetRows.replace(file, RejectedProblem.class, rejected);
  }
}
