package io.capoflow.pipelines.training;

import io.capoflow.pipelines.training.RunContent.ProblemSource;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RejectedProblem;
import io.capoflow.settings.recipe.ProblemsSection;
import io.capoflow.transforms.storage.KeptFile;
import io.capoflow.transforms.storage.RunDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecordBase;

/** What the record of a run says of its problems: the files that it keeps, and their sources. */
final class KeptProblems {
  private KeptProblems() {}

  /** The run's own files of problems as they are now, by their path in the run. */
  static SortedMap<String, KeptFile> files(RunDirectory run) {
    SortedMap<String, KeptFile> files = new TreeMap<>();
    add(files, run, run.trainingProblems(), Problem.class);
    add(files, run, run.heldOutProblems(), Problem.class);
    add(files, run, run.rejectedProblems(), RejectedProblem.class);
    return files;
  }

  private static <T extends SpecificRecordBase> void add(
      SortedMap<String, KeptFile> files, RunDirectory run, Path file, Class<T> type) {
    files.put(run.nameOf(file), KeptFile.of(file, type));
  }

  /**
   * The files that a recipe's problems are imported from, as they are now; none where generated.
   */
  static List<ProblemSource> sources(ProblemsSection problems) {
    return problems.source() == ProblemsSection.Source.FILE
        ? Stream.of(problems.file(), problems.heldOutFile())
            .flatMap(Optional::stream)
            .map(file -> new ProblemSource(file.toString(), sha256(file)))
            .toList()
        : List.of();
  }

  private static String sha256(Path file) {
    try {
      return Digests.ofFile(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }
}
