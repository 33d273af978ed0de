package io.capoflow.pipelines.execution;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import java.nio.file.Path;

/**
 * What a runner calls a job: for people the directory's own name and the work, and for a later
 * driver of the same directory a mark of where it lies. {@code arithmetic-seed0 iteration 00003
 * [5f1c…]}.
 *
 * @param directory that the work is for: of a run, of a critique dataset
 * @param work what is done, with its iteration or version
 */
public record JobName(Path directory, String work) {
  private static final int MARK_DIGITS = 12;

  public JobName {
    directory = requireNonNull(directory, "directory").toAbsolutePath().normalize();
    requireNonNull(work, "work");
  }

  public String text() {
    return "%s %s %s".formatted(directory.getFileName(), work, mark(directory));
  }

  /** Whether the job of that name is one of the directory's. */
  public static boolean isOf(Path directory, String jobName) {
    return jobName.endsWith(" " + mark(directory.toAbsolutePath().normalize()));
  }

  private static String mark(Path directory) {
    return "[" + Digests.ofParts(directory.toString()).substring(0, MARK_DIGITS) + "]";
  }
}
