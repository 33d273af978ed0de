package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Rollouts that a dataset is to take in.
 *
 * @param files in any of the layouts that are known
 * @param problems a file of problems, for golds and solutions that rows lack
 * @param limit rollouts that the dataset may have in all, those that it has among them
 * @param maxRejectedShare of the rows read, from 0 to 1, that may be unusable
 */
public record RolloutSources(
    List<Path> files, Optional<Path> problems, OptionalLong limit, double maxRejectedShare) {
  public RolloutSources {
    files = List.copyOf(files);
    requireNonNull(problems, "problems");
    requireNonNull(limit, "limit");
  }
}
