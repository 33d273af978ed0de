package io.capoflow.pipelines.evaluation;

import io.capoflow.models.steps.StepSplitter;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.Verdict;
import io.capoflow.worlds.truth.SolutionTruth;
import io.capoflow.worlds.truth.SolutionTruths;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What was measured.
 *
 * @param problems how many were asked
 * @param accuracy share of right greedy responses
 * @param passRate share of right sampled responses (pass@1)
 * @param stepCorrectness of the greedy responses: mean share of the steps a problem asks for that
 *     are there and right; absent where no steps of these problems are known
 * @param flawedPositiveShare share of the right sampled responses that hold a wrong step; absent
 *     where no steps are known or nothing is right
 * @param meanTokens of the greedy responses
 */
public record EvaluationFigures(
    int problems,
    double accuracy,
    double passRate,
    Optional<Double> stepCorrectness,
    Optional<Double> flawedPositiveShare,
    double meanTokens) {

  /** By the names that {@code metrics.parquet} and {@code summary.json} use. */
  public Map<String, Double> named() {
    Map<String, Double> figures = new TreeMap<>();
    figures.put("problems", (double) problems);
    figures.put("accuracy", accuracy);
    figures.put("pass_rate", passRate);
    stepCorrectness.ifPresent(value -> figures.put("step_correctness", value));
    flawedPositiveShare.ifPresent(value -> figures.put("flawed_positive_share", value));
    figures.put("mean_tokens", meanTokens);
    return figures;
  }

  /** What {@link #named} wrote. */
  public static EvaluationFigures ofNamed(Map<String, Double> figures) {
    return new EvaluationFigures(
        figures.get("problems").intValue(),
        figures.get("accuracy"),
        figures.get("pass_rate"),
        Optional.ofNullable(figures.get("step_correctness")),
        Optional.ofNullable(figures.get("flawed_positive_share")),
        figures.get("mean_tokens"));
  }

  /** Rollouts with their verdicts. */
  record Judged(List<Rollout> rollouts, List<Verdict> verdicts) {
    Set<String> right() {
      Set<String> right = new HashSet<>();
      for (Verdict verdict : verdicts) {
        if (verdict.getOutcome() == 1) {
          right.add(verdict.getRolloutId());
        }
      }
      return right;
    }
  }

  static EvaluationFigures of(Judged greedy, Judged sampled, StepSplitter splitter) {
    SolutionTruths truths = new SolutionTruths(splitter);
    double correctness = 0;
    int known = 0;
    long tokens = 0;
    for (Rollout rollout : greedy.rollouts()) {
      tokens += rollout.getResponseTokenIds().size();
      Optional<SolutionTruth> truth = truths.of(rollout);
      if (truth.isPresent()) {
        known++;
        correctness += truth.get().stepCorrectness();
      }
    }
    Set<String> right = sampled.right();
    int rightAndKnown = 0;
    int flawed = 0;
    for (Rollout rollout : sampled.rollouts()) {
      if (right.contains(rollout.getRolloutId())) {
        Optional<SolutionTruth> truth = truths.of(rollout);
        if (truth.isPresent()) {
          rightAndKnown++;
          flawed += truth.get().wrongSteps().isEmpty() ? 0 : 1;
        }
      }
    }
    int count = greedy.rollouts().size();
    return new EvaluationFigures(
        count,
        greedy.right().size() / (double) count,
        right.size() / (double) sampled.rollouts().size(),
        known == 0 ? Optional.empty() : Optional.of(correctness / known),
        rightAndKnown == 0 ? Optional.empty() : Optional.of(flawed / (double) rightAndKnown),
        tokens / (double) count);
  }
}
