package io.capoflow.pipelines.metrics;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.pipelines.evaluation.EvaluationFigures;
import io.capoflow.transforms.storage.JsonFiles;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * {@code summary.json} of a run, for scripts: closing figures, measured on the held-out problems.
 *
 * @param accuracyBefore greedy, of the starting policy
 * @param accuracyAfter greedy, of the last policy
 * @param passRateBefore share of right samples
 * @param stepCorrectnessBefore null in the file where no steps are known, as the others
 * @param flawedPositiveShareAfter share of right samples that hold a wrong step
 * @param iterations committed
 * @param wallSeconds of the driver, over all its starts
 * @param secondsByStage wall-clock
 * @param digests content digests by their fixed names, {@code iterations/00000/rollouts}, {@code
 *     policy/v00001}
 * @param rejectedProblems rows of the problem files that could not be used
 */
public record RunSummary(
    double accuracyBefore,
    double accuracyAfter,
    double passRateBefore,
    double passRateAfter,
    Optional<Double> stepCorrectnessBefore,
    Optional<Double> stepCorrectnessAfter,
    Optional<Double> flawedPositiveShareAfter,
    int iterations,
    double wallSeconds,
    SortedMap<String, Double> secondsByStage,
    SortedMap<String, String> digests,
    int rejectedProblems) {
  public RunSummary {
    requireNonNull(stepCorrectnessBefore, "stepCorrectnessBefore");
    requireNonNull(stepCorrectnessAfter, "stepCorrectnessAfter");
    requireNonNull(flawedPositiveShareAfter, "flawedPositiveShareAfter");
    secondsByStage = Collections.unmodifiableSortedMap(new TreeMap<>(secondsByStage));
    digests = Collections.unmodifiableSortedMap(new TreeMap<>(digests));
  }

  /** The summary of a run whose policy was measured before and after. */
  public static RunSummary of(
      EvaluationFigures before,
      EvaluationFigures after,
      int iterations,
      double wallSeconds,
      Map<String, Double> secondsByStage,
      Map<String, String> digests,
      int rejectedProblems) {
    return new RunSummary(
        before.accuracy(),
        after.accuracy(),
        before.passRate(),
        after.passRate(),
        before.stepCorrectness(),
        after.stepCorrectness(),
        after.flawedPositiveShare(),
        iterations,
        wallSeconds,
        new TreeMap<>(secondsByStage),
        new TreeMap<>(digests),
        rejectedProblems);
  }

  /** Writes or replaces the file in one step. */
  public void write(Path file) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("accuracy_before", accuracyBefore);
    fields.put("accuracy_after", accuracyAfter);
    fields.put("pass_rate_before", passRateBefore);
    fields.put("pass_rate_after", passRateAfter);
    fields.put("step_correctness_before", stepCorrectnessBefore.orElse(null));
    fields.put("step_correctness_after", stepCorrectnessAfter.orElse(null));
    fields.put("flawed_positive_share_after", flawedPositiveShareAfter.orElse(null));
    fields.put("iterations", iterations);
    fields.put("wall_seconds", wallSeconds);
    fields.put("seconds_by_stage", secondsByStage);
    fields.put("digests", digests);
    fields.put("rejected_problems", rejectedProblems);
    JsonFiles.write(file, fields);
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws io.capoflow.schemas.UserMistake when the file holds no JSON
   */
  public static RunSummary read(Path file) {
    JsonNode json = JsonFiles.read(file, JsonNode.class);
    SortedMap<String, Double> seconds = new TreeMap<>();
    json.path("seconds_by_stage")
        .fields()
        .forEachRemaining(stage -> seconds.put(stage.getKey(), stage.getValue().asDouble()));
    SortedMap<String, String> digests = new TreeMap<>();
    json.path("digests")
        .fields()
        .forEachRemaining(digest -> digests.put(digest.getKey(), digest.getValue().asText()));
    return new RunSummary(
        json.path("accuracy_before").asDouble(),
        json.path("accuracy_after").asDouble(),
        json.path("pass_rate_before").asDouble(),
        json.path("pass_rate_after").asDouble(),
        number(json, "step_correctness_before"),
        number(json, "step_correctness_after"),
        number(json, "flawed_positive_share_after"),
        json.path("iterations").asInt(),
        json.path("wall_seconds").asDouble(),
        seconds,
        digests,
        json.path("rejected_problems").asInt());
  }

  private static Optional<Double> number(JsonNode json, String field) {
    JsonNode value = json.path(field);
    return value.isNumber() ? Optional.of(value.asDouble()) : Optional.empty();
  }
}
