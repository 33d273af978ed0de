package io.capoflow.datasets.rollouts;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.GoldAnswer;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * PRM800K (arXiv 2305.20050): {@code question} with the problem and its golds, {@code label} with
 * what a labeler said of each step.
 *
 * <p>The steps are the path that was chosen: of each labelled step the chosen completion, else what
 * the labeler wrote, else the first completion, which is the wrong step that ended the labelling.
 * Where all of them are those of {@code question.pre_generated_steps}, its further steps follow,
 * which nobody looked at.
 *
 * <p>A rating of -1 is wrong, 0 and 1 are right, and without a rating nothing is known. Everything
 * else of {@code question} and {@code label} is kept under names such as {@code
 * label.finish_reason}.
 */
final class Prm800kLayout implements RolloutLayout {
  private static final Set<String> ABANDONED = Set.of("give_up", "bad_problem");

  private record RatedStep(String text, Boolean right) {}

  @Override
  public String name() {
    return "prm800k";
  }

  @Override
  public String columns() {
    return "question.problem and label.steps";
  }

  @Override
  public boolean matches(RowColumns row) {
    return row.peek("question").isObject() && row.peek("label").isObject();
  }

  @Override
  public GivenRollout read(RowColumns row) throws BadRolloutException {
    JsonNode question = row.take("question");
    JsonNode label = row.take("label");
    String finish = label.path("finish_reason").asText();
    if (ABANDONED.contains(finish)) {
      throw new BadRolloutException(
          RolloutRejection.ABANDONED, "label.finish_reason: is " + finish);
    }
    List<RatedStep> steps = steps(question, label.path("steps"));
    GivenResponse response =
        GivenResponse.ofSteps(steps.stream().map(RatedStep::text).toList(), "label.steps");
    List<Boolean> truth = new ArrayList<>();
    steps.forEach(step -> truth.add(step.right()));
    Problem problem = problem(question);
    keepRest(row, question, label);
    return GivenRow.of(
        this,
        row,
        RowProblem.rowId(row),
        problem,
        response,
        truth.stream().allMatch(right -> right == null)
            ? StepTruth.UNKNOWN
            : Collections.unmodifiableList(truth));
  }

  private Problem problem(JsonNode question) throws BadRolloutException {
    JsonNode asked = question.path("problem");
    if (!asked.isTextual() || asked.textValue().isBlank()) {
      throw new BadRolloutException(
          RolloutRejection.BAD_COLUMN, "question.problem: is absent or no text");
    }
    JsonNode answer = question.path("ground_truth_answer");
    JsonNode solution = question.path("ground_truth_solution");
    return Problem.newBuilder()
        .setProblemId("")
        .setPrompt(List.of(new Message("user", asked.textValue())))
        .setAnswer(answer.isTextual() || answer.isNumber() ? answer.asText() : GoldAnswer.UNKNOWN)
        .setSolution(
            solution.isTextual() && !solution.textValue().isBlank() ? solution.textValue() : null)
        .setSource(name())
        .setMetadata(Map.of())
        .build();
  }

  private static List<RatedStep> steps(JsonNode question, JsonNode labelled)
      throws BadRolloutException {
    if (!labelled.isArray() || labelled.isEmpty()) {
      throw new BadRolloutException(RolloutRejection.NO_STEPS, "label.steps: holds no step");
    }
    List<RatedStep> steps = new ArrayList<>();
    for (JsonNode step : labelled) {
      steps.add(chosen(step, "label.steps[" + steps.size() + "]"));
    }
    JsonNode generated = question.path("pre_generated_steps");
    if (begins(generated, steps)) {
      for (int i = steps.size(); i < generated.size(); i++) {
        steps.add(
            new RatedStep(text(generated.get(i), "question.pre_generated_steps[" + i + "]"), null));
      }
    }
    return steps;
  }

  /** Whether the steps are the first of what a model had written. */
  private static boolean begins(JsonNode generated, List<RatedStep> steps) {
    if (!generated.isArray() || generated.size() < steps.size()) {
      return false;
    }
    for (int i = 0; i < steps.size(); i++) {
      if (!generated.get(i).asText().strip().equals(steps.get(i).text().strip())) {
        return false;
      }
    }
    return true;
  }

  private static RatedStep chosen(JsonNode step, String place) throws BadRolloutException {
    JsonNode completions = step.path("completions");
    JsonNode index = step.path("chosen_completion");
    JsonNode human = step.path("human_completion");
    if (index.isNumber()) {
      if (!StepTruth.isWhole(index) || !completions.has(index.intValue())) {
        throw new BadRolloutException(
            RolloutRejection.BAD_LABEL, place + ".chosen_completion: names no completion");
      }
      return rated(
          completions.get(index.intValue()), place + ".completions[" + index.intValue() + "]");
    }
    if (human.isTextual() || human.isObject()) {
      return rated(human, place + ".human_completion");
    }
    if (!completions.has(0)) {
      throw new BadRolloutException(RolloutRejection.BAD_STEP, place + ": has no completion");
    }
    return rated(completions.get(0), place + ".completions[0]");
  }

  private static RatedStep rated(JsonNode completion, String place) throws BadRolloutException {
    if (completion.isTextual()) {
      return new RatedStep(completion.textValue(), null);
    }
    return new RatedStep(text(completion.path("text"), place), right(completion, place));
  }

  private static String text(JsonNode text, String place) throws BadRolloutException {
    if (!text.isTextual()) {
      throw new BadRolloutException(RolloutRejection.BAD_STEP, place + ": is no text");
    }
    return text.textValue();
  }

  private static Boolean right(JsonNode completion, String place) throws BadRolloutException {
    JsonNode rating = completion.path("rating");
    if (rating.isNull() || rating.isMissingNode()) {
      return null;
    }
    if (!StepTruth.isWhole(rating) || Math.abs((long) rating.intValue()) > 1) {
      throw new BadRolloutException(
          RolloutRejection.BAD_LABEL, place + ".rating: is none of -1, 0, 1 and null");
    }
    return rating.intValue() >= 0;
  }

  private static void keepRest(RowColumns row, JsonNode question, JsonNode label) {
    Set<String> placed = Set.of("problem", "ground_truth_answer", "ground_truth_solution");
    question.properties().stream()
        .filter(field -> !placed.contains(field.getKey()))
        .forEach(field -> row.add("question." + field.getKey(), field.getValue()));
    label.properties().forEach(field -> row.add("label." + field.getKey(), field.getValue()));
  }
}
