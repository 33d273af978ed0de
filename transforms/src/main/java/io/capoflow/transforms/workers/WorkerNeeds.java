package io.capoflow.transforms.workers;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.tensor.Numerics;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a recipe needs of every worker.
 *
 * @param numerics in which it computes; empty where it computes with no model
 * @param devices names of those that it computes on
 * @param journal folder of the answers of critics behind servers, where there are any
 */
public record WorkerNeeds(
    Optional<Numerics> numerics, List<String> devices, Optional<Path> journal) {
  public WorkerNeeds {
    requireNonNull(numerics, "numerics");
    devices = List.copyOf(devices);
    requireNonNull(journal, "journal");
  }
}
