package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.models.stub.StubServer;
import io.capoflow.pipelines.critiques.DatasetTables;
import io.capoflow.runners.it.CliProcess.Ended;
import io.capoflow.runners.it.ProcessBenchEvaluation.Prediction;
import io.capoflow.runners.it.ProcessBenchEvaluation.Score;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.Json;
import io.capoflow.transforms.storage.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * ProcessBench's GSM8K and MATH end to end, by a server whose answers are known: what the card says
 * is what {@link ProcessBenchEvaluation} makes of these answers. The dataset stays under {@code
 * target/}, for {@code .ci/critiques}.
 */
final class ProcessBenchIT {
  private static final List<String> SOURCES = List.of("gsm8k", "math");
  private static final int TIMES = 3;
  private static final String OWN_MAJORITY = "majority of first errors";
  private static final Path OUTPUT = Path.of("target/processbench-dataset").toAbsolutePath();

  private static final List<Prediction> PREDICTIONS =
      List.of(
          new Prediction(OWN_MAJORITY, ProcessBenchEvaluation::mostFrequent),
          Prediction.voted("intersection", (wrong, valid) -> wrong == valid),
          Prediction.voted("majority", (wrong, valid) -> 2 * wrong >= valid),
          Prediction.voted("strict_majority", (wrong, valid) -> 2 * wrong > valid),
          Prediction.voted("union", (wrong, valid) -> wrong > 0),
          Prediction.voted("average", (wrong, valid) -> (double) wrong / valid >= 0.5));

  @TempDir private static Path directory;
  private static final Map<String, List<ProcessBenchRow>> ROWS = new TreeMap<>();
  private static JsonNode statistics;
  private static String card;

  @BeforeAll
  static void build() throws IOException {
    if (missing().isPresent()) {
      return;
    }
    for (String source : SOURCES) {
      ROWS.put(source, ProcessBenchRow.read(shared(source)));
    }
    ProcessBenchCritic critic = new ProcessBenchCritic(all());
    Trees.delete(OUTPUT);
    try (StubServer server = StubServer.start("critic", critic)) {
      Path recipe =
          Files.writeString(
              directory.resolve("processbench.yaml"),
              """
              critique: {endpoint: %s, model: critic, template: processbench, times: %d, max_new_tokens: 64}
              vote: {rule: majority}
              """
                  .formatted(server.url(), TIMES));
      Ended ended =
          CliProcess.run(
              directory,
              Map.of(),
              "critique",
              "--rollouts",
              shared("gsm8k"),
              shared("math"),
              "--recipe",
              recipe,
              "--output",
              OUTPUT,
              "--license",
              "apache-2.0");
      assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
      assertThat(server.choicesAsked()).isEqualTo(1_400L * TIMES);
    }
    critic.requireAllKindsOfAnswers();
    statistics = Json.STRICT.readTree(Files.readString(OUTPUT.resolve("statistics.json")));
    card = Files.readString(OUTPUT.resolve("README.md"));
  }

  @BeforeEach
  void requireData() {
    assumeThat(missing())
        .as("SKIPPED: no ProcessBench in the folder that -Dcapoflow.shared.data names")
        .isEmpty();
  }

  private static Optional<Path> missing() {
    return SOURCES.stream()
        .map(ProcessBenchIT::shared)
        .filter(file -> !Files.exists(file))
        .findFirst();
  }

  private static Path shared(String source) {
    return Path.of(System.getProperty("capoflow.shared.data"))
        .resolve("processbench-" + source + ".json")
        .toAbsolutePath()
        .normalize();
  }

  private static List<ProcessBenchRow> all() {
    return ROWS.values().stream().flatMap(List::stream).toList();
  }

  @Test
  void labelsArriveAsTruth() {
    DatasetTables.Table<?> table = DatasetTables.of(OUTPUT).tables().get("dataset");
    Map<String, CritiquedRollout> taken = new HashMap<>();
    IntStream.range(0, table.shards())
        .boxed()
        .flatMap(shard -> table.rows(shard).stream())
        .map(CritiquedRollout.class::cast)
        .forEach(row -> taken.put(row.getSourceId(), row));

    assertThat(ROWS.get("gsm8k")).hasSize(400);
    assertThat(ROWS.get("math")).hasSize(1_000);
    assertThat(taken).hasSize(1_400);
    assertThat(all())
        .allSatisfy(
            row -> {
              CritiquedRollout rollout = taken.get(row.id());
              assertThat(rollout.getSteps()).isEqualTo(row.steps());
              assertThat(rollout.getTruth()).isEqualTo(truth(row));
              assertThat(rollout.getSource()).isEqualTo(row.id().replaceFirst("-.*", ""));
            });
    assertThat(taken.values().stream().filter(row -> !row.getTruth().contains(false)).count())
        .isEqualTo(all().stream().filter(row -> row.label() == -1).count());
  }

  /** Right before the label, wrong there, and unknown behind it. */
  private static List<Boolean> truth(ProcessBenchRow row) {
    List<Boolean> truth = new ArrayList<>();
    for (int step = 0; step < row.steps().size(); step++) {
      truth.add(
          (row.label() == -1 || step < row.label())
              ? Boolean.TRUE
              : step == row.label() ? Boolean.FALSE : null);
    }
    return Collections.unmodifiableList(truth);
  }

  @Test
  void statisticsHoldTheScoresOfTheBenchmarksEvaluation() {
    JsonNode written = statistics.path("process_bench");

    assertThat(written.path("responses").asInt()).isEqualTo(1_400);
    assertScores(written.path("scores"), all());
    assertThat(written.path("sources")).hasSize(2);
    ROWS.forEach((source, rows) -> assertScores(written.path("sources").path(source), rows));
  }

  /** One critic, so that all critics together score as it does. */
  private static void assertScores(JsonNode written, List<ProcessBenchRow> rows) {
    assertThat(written).hasSize(2 * PREDICTIONS.size());
    for (Prediction prediction : PREDICTIONS) {
      Score score = ProcessBenchEvaluation.of(rows, prediction, TIMES);
      List<JsonNode> lines = new ArrayList<>();
      written.forEach(lines::add);
      lines.removeIf(line -> !line.path("rule").asText().equals(prediction.name()));
      assertThat(lines).extracting(line -> line.path("critic").asText()).contains("all").hasSize(2);
      assertThat(lines)
          .allSatisfy(
              line ->
                  assertThat(
                          new Score(
                              line.path("erroneous").asInt(),
                              line.path("correct").asInt(),
                              line.path("without_prediction").asInt(),
                              line.path("accuracy_on_erroneous").asDouble(),
                              line.path("accuracy_on_correct").asDouble(),
                              line.path("f1").asDouble()))
                      .as(prediction.name())
                      .isEqualTo(score));
      // That they could not come out by chance.
      assertThat(score.f1()).isBetween(1.0, 99.0);
    }
  }

  @Test
  void theCardPrintsThem() {
    assertThat(table("## ProcessBench score")).containsExactlyInAnyOrderElementsOf(lines(all()));
    ROWS.forEach(
        (source, rows) ->
            assertThat(table("### ProcessBench score on `" + source + "`"))
                .containsExactlyInAnyOrderElementsOf(lines(rows)));
  }

  private static List<String> lines(List<ProcessBenchRow> rows) {
    return PREDICTIONS.stream()
        .map(
            prediction ->
                "| all critics | `%s` %s"
                    .formatted(
                        prediction.name(),
                        ProcessBenchEvaluation.of(rows, prediction, TIMES).printed()))
        .toList();
  }

  /** The rows of the table under a heading. */
  private static List<String> table(String heading) {
    return Stream.of(card.split("\n"))
        .dropWhile(line -> !line.equals(heading))
        .skip(1)
        .dropWhile(line -> !line.startsWith("| ---"))
        .skip(1)
        .takeWhile(line -> line.startsWith("|"))
        .toList();
  }
}
