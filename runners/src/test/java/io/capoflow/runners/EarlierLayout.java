package io.capoflow.runners;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.transforms.storage.JsonFiles;
import io.capoflow.transforms.storage.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The layout of runs that earlier code made: an iteration in {@code iteration=00003/}, commits and
 * manifests without the {@code _}.
 */
public final class EarlierLayout {
  private EarlierLayout() {}

  /** Gives every file of a run the place and the name that it had then. */
  public static Path of(Path run) throws IOException {
    for (Path file : files(run)) {
      String name = file.getFileName().toString();
      if (name.startsWith("_")) {
        Files.move(file, file.resolveSibling(name.substring(1)));
      }
    }
    Path iterations = run.resolve("iterations");
    try (Stream<Path> folders = Files.list(iterations)) {
      for (Path folder : folders.toList()) {
        Files.move(folder, run.resolve("iteration=" + folder.getFileName()));
      }
    }
    Files.delete(iterations);
    return run;
  }

  /**
   * A run as code left it whose updates computed log-probabilities themselves: without that stage,
   * and without the number of its computation.
   */
  public static Path withoutLogProbabilities(Path run) throws IOException {
    try (Stream<Path> iterations = Files.list(run.resolve("iterations"))) {
      for (Path iteration : iterations.toList()) {
        Path stage = iteration.resolve(Stage.LOG_PROBABILITIES.folder());
        for (Path file : files(stage)) {
          Files.delete(file);
        }
        Files.delete(stage);
      }
    }
    for (Path record : List.of(run.resolve("run.json"), run.resolve("summary.json"))) {
      ObjectNode fields = (ObjectNode) new ObjectMapper().readTree(Files.readString(record));
      fields.remove("computation");
      for (JsonNode digests : fields.findValues("digests")) {
        ((ObjectNode) digests)
            .remove(
                names(digests)
                    .filter(name -> name.endsWith("/" + Stage.LOG_PROBABILITIES.folder()))
                    .toList());
      }
      JsonFiles.writeChecked(
          record, fields.put("checksum", ""), sum -> fields.deepCopy().put("checksum", sum));
    }
    return run;
  }

  private static Stream<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names.stream();
  }

  private static List<Path> files(Path run) throws IOException {
    try (Stream<Path> files = Files.walk(run)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }
}
