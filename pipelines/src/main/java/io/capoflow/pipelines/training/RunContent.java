package io.capoflow.pipelines.training;

import static java.util.Objects.requireNonNull;

import io.capoflow.transforms.storage.KeptFile;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What {@code run.json} says of the content of a run, apart from what lies beside that content: so
 * what is lost with all that described it can still be told from another that takes its place.
 *
 * @param recipeSha256 of {@code recipe.yaml}; empty in what older code wrote
 * @param files the run's own problems, by their path in the run; none in what older code wrote
 * @param problemSources the files that the problems were imported from; none where they were
 *     generated, and in what older code wrote
 * @param digests of all stages, measurements and policies that were complete, by their fixed names;
 *     none in what older code wrote
 */
public record RunContent(
    String recipeSha256,
    SortedMap<String, KeptFile> files,
    List<ProblemSource> problemSources,
    SortedMap<String, String> digests) {
  /** What is known of a run that recorded nothing. */
  public static final RunContent NONE =
      new RunContent("", new TreeMap<>(), List.of(), new TreeMap<>());

  public RunContent {
    requireNonNull(recipeSha256, "recipeSha256");
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
    problemSources = List.copyOf(problemSources);
    digests = Collections.unmodifiableSortedMap(new TreeMap<>(digests));
  }

  /**
   * A file that problems were imported from.
   *
   * @param path as the recipe names it
   * @param sha256 of its bytes when it was imported, in lower-case hexadecimal
   */
  public record ProblemSource(String path, String sha256) {
    public ProblemSource {
      requireNonNull(path, "path");
      requireNonNull(sha256, "sha256");
    }
  }

  RunContent withRecipe(String sha256) {
    return new RunContent(sha256, files, problemSources, digests);
  }

  RunContent withProblems(SortedMap<String, KeptFile> kept, List<ProblemSource> sources) {
    return new RunContent(recipeSha256, kept, sources, digests);
  }

  /** Whether other content may take the place of what has this name. */
  static boolean mayChange(String name) {
    return name.startsWith("evaluation/");
  }

  /**
   * With what is complete by now. What was recorded before stays: content never changes. Names
   * under {@code evaluation/} alone are replaced: a version is measured again after the settings of
   * measurements were changed.
   */
  RunContent withDigests(Map<String, String> complete) {
    SortedMap<String, String> all = new TreeMap<>(digests);
    complete.forEach(
        (name, digest) -> {
          if (mayChange(name)) {
            all.put(name, digest);
          } else {
            all.putIfAbsent(name, digest);
          }
        });
    return new RunContent(recipeSha256, files, problemSources, all);
  }
}
