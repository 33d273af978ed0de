package io.capoflow.datasets.rollouts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** ProcessBench as its authors publish it, where it is at hand. */
final class ProcessBenchFilesTest {
  @Test
  void everyRowOfItsGsm8kIsTaken() throws IOException {
    check(shared("processbench-gsm8k.json"), "gsm8k", 400);
  }

  @Test
  void everyRowOfItsMathIsTaken() throws IOException {
    check(shared("processbench-math.json"), "math", 1_000);
  }

  @Test
  void itsGsm8kQuestionsFindTheirGoldsAmongTheTestProblems() {
    KnownProblems known = KnownProblems.read(shared("gsm8k-test.jsonl"));
    Taken taken =
        Taken.from(Optional.of(known), Integer.MAX_VALUE, shared("processbench-gsm8k.json"));
    assertThat(known.count()).isEqualTo(1_319);
    assertThat(known.missing()).isZero();
    assertThat(taken.rows)
        .hasSize(400)
        .extracting(row -> row.getRollout().getProblem())
        .allSatisfy(
            problem -> {
              assertThat(problem.getAnswer()).isNotEmpty();
              assertThat(problem.getSolution()).endsWith("#### " + problem.getAnswer());
            });
  }

  private static void check(Path file, String source, int count) throws IOException {
    JsonNode published = Json.STRICT.readTree(Files.readString(file));
    Taken taken = Taken.from(file);
    assertThat(taken.rejected).isEmpty();
    assertThat(taken.rows).hasSize(count);
    assertThat(published.size()).isEqualTo(count);
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < count; i++) {
      JsonNode expected = published.get(i);
      GivenRollout row = taken.rows.get(i);
      List<String> steps = new ArrayList<>();
      expected.path("steps").forEach(step -> steps.add(step.textValue()));
      assertThat(Taken.steps(row)).isEqualTo(steps);
      assertThat(row.getSourceId()).isEqualTo(source + "-" + i);
      assertThat(row.getRollout().getProblem().getSource()).isEqualTo(source);
      assertThat(row.getTruth()).hasSameSizeAs(steps);
      int label = expected.path("label").intValue();
      assertThat(row.getTruth().indexOf(false)).isEqualTo(label);
      assertThat(row.getTruth().stream().filter(Boolean.TRUE::equals))
          .hasSize(label < 0 ? steps.size() : label);
      ids.add(row.getRolloutId());
    }
    assertThat(ids).hasSize(count);
  }

  private static Path shared(String name) {
    Path file = Path.of(System.getProperty("capoflow.shared.data")).resolve(name);
    assumeThat(file).as("SKIPPED: no %s; set -Dcapoflow.shared.data", file).exists();
    return file;
  }
}
