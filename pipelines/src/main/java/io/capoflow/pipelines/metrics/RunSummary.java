package io.capoflow.pipelines.metrics;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.pipelines.evaluation.EvaluationFigures;
import io.capoflow.pipelines.evaluation.EvaluationFigures.Responses;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.JsonFiles;
import io.capoflow.transforms.storage.SelfChecked;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * {@code summary.json} of a run, for scripts: closing figures, measured on the held-out problems.
 *
 * @param greedyBefore greedy responses of the starting policy
 * @param greedyAfter greedy responses of the last policy
 * @param sampledBefore sampled responses of the starting policy
 * @param sampledAfter sampled responses of the last policy
 * @param iterations committed
 * @param wallSeconds of the driver, over all its starts
 * @param secondsByStage wall-clock
 * @param digests content digests by their fixed names, {@code iterations/00000/rollouts}, {@code
 *     policy/v00001}
 * @param rejectedProblems rows of the problem files that could not be used
 */
public record RunSummary(
    Responses greedyBefore,
    Responses greedyAfter,
    Responses sampledBefore,
    Responses sampledAfter,
    int iterations,
    double wallSeconds,
    SortedMap<String, Double> secondsByStage,
    SortedMap<String, String> digests,
    int rejectedProblems) {
  private static final String BEFORE = "_before";
  private static final String AFTER = "_after";
  private static final String STEP_CORRECTNESS = "step_correctness";
  private static final String FLAWED_POSITIVES = "flawed_positive_share";

  public RunSummary {
    requireNonNull(greedyBefore, "greedyBefore");
    requireNonNull(greedyAfter, "greedyAfter");
    requireNonNull(sampledBefore, "sampledBefore");
    requireNonNull(sampledAfter, "sampledAfter");
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
        before.greedy(),
        after.greedy(),
        before.sampled(),
        after.sampled(),
        iterations,
        wallSeconds,
        new TreeMap<>(secondsByStage),
        new TreeMap<>(digests),
        rejectedProblems);
  }

  /** Writes or replaces the file in one step. */
  public void write(Path file) {
    Map<String, Object> fields = new LinkedHashMap<>();
    put(fields, "accuracy", "greedy_", greedyBefore, greedyAfter);
    put(fields, "pass_rate", "sampled_", sampledBefore, sampledAfter);
    fields.put("iterations", iterations);
    fields.put("wall_seconds", wallSeconds);
    fields.put("seconds_by_stage", secondsByStage);
    fields.put("digests", digests);
    fields.put("rejected_problems", rejectedProblems);
    JsonFiles.writeChecked(file, withChecksum(fields, ""), sum -> withChecksum(fields, sum));
  }

  /**
   * Whether a file is as {@link #write} wrote it.
   *
   * @throws UserMistake when it is not there
   */
  public static SelfChecked checksum(Path file) {
    return JsonFiles.checksum(file, "greedy_" + STEP_CORRECTNESS + BEFORE);
  }

  private static Map<String, Object> withChecksum(Map<String, Object> fields, String sum) {
    Map<String, Object> checked = new LinkedHashMap<>(fields);
    checked.put("checksum", sum);
    return checked;
  }

  /** Figures of steps are null in the file where no steps are known. */
  private static void put(
      Map<String, Object> fields,
      String rightShare,
      String prefix,
      Responses before,
      Responses after) {
    fields.put(rightShare + BEFORE, before.rightShare());
    fields.put(rightShare + AFTER, after.rightShare());
    fields.put(prefix + STEP_CORRECTNESS + BEFORE, before.stepCorrectness().orElse(null));
    fields.put(prefix + STEP_CORRECTNESS + AFTER, after.stepCorrectness().orElse(null));
    fields.put(prefix + FLAWED_POSITIVES + BEFORE, before.flawedPositiveShare().orElse(null));
    fields.put(prefix + FLAWED_POSITIVES + AFTER, after.flawedPositiveShare().orElse(null));
  }

  /**
   * Reads what {@link #write} wrote. Older code wrote two of the figures of steps alone: the greedy
   * responses' step correctness, and the sampled ones' flawed positives after training.
   *
   * @throws UserMistake when the file holds no JSON, or lacks a figure that every run has
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
        greedy(file, json, BEFORE),
        greedy(file, json, AFTER),
        sampled(file, json, BEFORE),
        sampled(file, json, AFTER),
        json.path("iterations").asInt(),
        json.path("wall_seconds").asDouble(),
        seconds,
        digests,
        json.path("rejected_problems").asInt());
  }

  private static Responses greedy(Path file, JsonNode json, String when) {
    return new Responses(
        required(file, json, "accuracy" + when),
        first(json, "greedy_" + STEP_CORRECTNESS + when, STEP_CORRECTNESS + when),
        first(json, "greedy_" + FLAWED_POSITIVES + when));
  }

  private static Responses sampled(Path file, JsonNode json, String when) {
    return new Responses(
        required(file, json, "pass_rate" + when),
        first(json, "sampled_" + STEP_CORRECTNESS + when),
        first(json, "sampled_" + FLAWED_POSITIVES + when, FLAWED_POSITIVES + when));
  }

  /** A figure that is not there is no 0. */
  private static double required(Path file, JsonNode json, String field) {
    return first(json, field)
        .orElseThrow(
            () ->
                new UserMistake(
                    "%s has no number %s: delete it, and run the training on to have it written anew"
                        .formatted(file, field)));
  }

  private static Optional<Double> first(JsonNode json, String... fields) {
    return Stream.of(fields)
        .map(json::path)
        .filter(JsonNode::isNumber)
        .map(JsonNode::asDouble)
        .findFirst();
  }
}
