package io.capoflow.runners.it;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * A row of ProcessBench, and what a critic answered to it.
 *
 * @param label the first wrong step, -1 where none is
 * @param answers what {@link ProcessBenchCritic} meant by its answers, by the seed it was asked
 *     with; empty where it named no step there is
 */
record ProcessBenchRow(
    String id,
    String problem,
    List<String> steps,
    int label,
    SortedMap<Integer, OptionalInt> answers) {
  static List<ProcessBenchRow> read(Path file) throws IOException {
    List<ProcessBenchRow> rows = new ArrayList<>();
    for (JsonNode row : Json.STRICT.readTree(Files.readString(file))) {
      List<String> steps = new ArrayList<>();
      row.path("steps").forEach(step -> steps.add(step.asText()));
      rows.add(
          new ProcessBenchRow(
              row.path("id").asText(),
              row.path("problem").asText(),
              Collections.unmodifiableList(steps),
              row.path("label").asInt(),
              new ConcurrentSkipListMap<>()));
    }
    return Collections.unmodifiableList(rows);
  }

  /** In the order of critiques, whose seeds count up. */
  List<OptionalInt> predictions() {
    return List.copyOf(answers.values());
  }
}
