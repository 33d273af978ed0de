package io.capoflow.pipelines.metrics;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.steps.StepSplitter;
import io.capoflow.pipelines.metrics.Figures.Mean;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.verify.AnswerVerification;
import io.capoflow.worlds.truth.SolutionTruth;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Computes the figures of an iteration from its rows. Pure and thread-safe. */
public final class IterationFigures {
  /** As an update records it. */
  private static final String TRAINED_TOKENS = "tokens";

  private IterationFigures() {}

  /**
   * The figures that {@link Figure} defines, by name, without the undefined ones. The order of the
   * rows does not matter.
   *
   * @param splitter the one that numbered the steps for the critics
   * @throws IllegalArgumentException when rows do not belong together
   */
  public static Map<String, Double> of(StoredIteration rows, StepSplitter splitter) {
    List<JoinedRollout> rollouts = JoinedRollout.join(rows, requireNonNull(splitter, "splitter"));
    Figures figures = new Figures();
    responses(rollouts, figures);
    figures.put(Figure.SLOW_VERDICTS, slow(rows.verdicts()));
    credit(rollouts, figures);
    CriticFigures.add(rollouts, figures);
    truth(rollouts, figures);
    DetectionFigures.add(rollouts, splitter, figures);
    return figures.named();
  }

  /**
   * Adds wall-clock: {@code seconds_<stage>} of each stage; {@code tokens_per_second}, the tokens
   * that policy and critics generated over the seconds of all stages; and {@code
   * train_tokens_per_second}, the response tokens of all optimizer steps over those of training.
   */
  public static Map<String, Double> withSeconds(
      Map<String, Double> figures, Map<String, Double> secondsByStage) {
    Map<String, Double> all = new LinkedHashMap<>(figures);
    double total = 0;
    for (Map.Entry<String, Double> stage : new TreeMap<>(secondsByStage).entrySet()) {
      all.put("seconds_" + stage.getKey(), stage.getValue());
      total += stage.getValue();
    }
    if (total > 0) {
      double tokens =
          figures.getOrDefault(Figure.SAMPLED_TOKENS.label(), 0.0)
              + figures.getOrDefault(Figure.CRITIC_TOKENS.label(), 0.0);
      all.put("tokens_per_second", tokens / total);
    }
    double train = secondsByStage.getOrDefault("train", 0.0);
    if (train > 0 && figures.containsKey(TRAINED_TOKENS)) {
      all.put("train_tokens_per_second", figures.get(TRAINED_TOKENS) / train);
    }
    return Collections.unmodifiableMap(all);
  }

  private static void responses(List<JoinedRollout> rollouts, Figures figures) {
    Mean accuracy = new Mean();
    Mean tokens = new Mean();
    Mean steps = new Mean();
    Mean tokensPerStep = new Mean();
    Mean cut = new Mean();
    for (JoinedRollout rollout : rollouts) {
      accuracy.add(rollout.right());
      tokens.add(rollout.tokens());
      steps.add(rollout.steps());
      tokensPerStep.add(rollout.tokens(), rollout.steps());
      cut.add(FinishReason.of(rollout.rollout()) == FinishReason.LENGTH);
    }
    figures.put(Figure.ACCURACY, accuracy);
    figures.put(Figure.RESPONSE_TOKENS, tokens);
    figures.put(Figure.STEPS_PER_RESPONSE, steps);
    figures.put(Figure.TOKENS_PER_STEP, tokensPerStep);
    figures.put(Figure.CUT_SHARE, cut);
    figures.put(Figure.SAMPLED_TOKENS, rollouts.stream().mapToLong(JoinedRollout::tokens).sum());
  }

  private static long slow(List<Verdict> verdicts) {
    return verdicts.stream()
        .filter(verdict -> AnswerVerification.isSlow(verdict.getMicros()))
        .count();
  }

  private static void credit(List<JoinedRollout> rollouts, Figures figures) {
    Mean meanReward = new Mean();
    Mean tokenReward = new Mean();
    Mean excluded = new Mean();
    Mean advantage = new Mean();
    for (JoinedRollout rollout : rollouts) {
      double rewards = sum(rollout.credited().getRewards());
      tokenReward.add(rewards, rollout.tokens());
      excluded.add(!rollout.credited().getInLoss());
      if (rollout.tokens() > 0) {
        meanReward.add(rewards / rollout.tokens());
        if (rollout.credited().getInLoss()) {
          advantage.add(sum(rollout.credited().getAdvantages()) / rollout.tokens());
        }
      }
    }
    figures.put(Figure.MEAN_REWARD, meanReward);
    figures.put(Figure.TOKEN_REWARD, tokenReward);
    figures.put(Figure.EXCLUDED_SHARE, excluded);
    figures.put(Figure.MEAN_ADVANTAGE, advantage);
    groups(rollouts, figures);
  }

  private static void groups(List<JoinedRollout> rollouts, Figures figures) {
    Map<String, List<JoinedRollout>> groups = new TreeMap<>();
    rollouts.forEach(
        rollout ->
            groups.computeIfAbsent(rollout.problemId(), id -> new ArrayList<>()).add(rollout));
    Mean zeroSpread = new Mean();
    Mean covariance = new Mean();
    Mean positiveInAllWrong = new Mean();
    for (List<JoinedRollout> group : groups.values()) {
      boolean equal = group.stream().allMatch(rollout -> rollout.credited().getZeroSpread());
      zeroSpread.add(equal);
      List<JoinedRollout> inLoss =
          group.stream()
              .filter(rollout -> rollout.credited().getInLoss() && rollout.tokens() > 0)
              .toList();
      if (!equal && !inLoss.isEmpty()) {
        covariance.add(lengthRewardCovariance(inLoss));
      }
      if (group.stream().noneMatch(JoinedRollout::right)) {
        for (JoinedRollout rollout : inLoss) {
          List<Double> advantages = rollout.credited().getAdvantages();
          positiveInAllWrong.add(
              advantages.stream().filter(value -> value > 0).count(), advantages.size());
        }
      }
    }
    figures.put(Figure.ZERO_SPREAD_SHARE, zeroSpread);
    figures.put(Figure.LENGTH_REWARD_COVARIANCE, covariance);
    figures.put(Figure.POSITIVE_ADVANTAGE_SHARE_ALL_WRONG, positiveInAllWrong);
  }

  /** Population covariance of length and mean token reward (docs/method.md, "What to watch"). */
  private static double lengthRewardCovariance(List<JoinedRollout> group) {
    double meanLength = group.stream().mapToInt(JoinedRollout::tokens).average().orElseThrow();
    double meanReward =
        group.stream().mapToDouble(IterationFigures::reward).average().orElseThrow();
    return group.stream()
        .mapToDouble(rollout -> (rollout.tokens() - meanLength) * (reward(rollout) - meanReward))
        .average()
        .orElseThrow();
  }

  private static double reward(JoinedRollout rollout) {
    return sum(rollout.credited().getRewards()) / rollout.tokens();
  }

  private static double sum(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).sum();
  }

  private static void truth(List<JoinedRollout> rollouts, Figures figures) {
    Mean correctness = new Mean();
    Mean wrong = new Mean();
    Mean misnumbered = new Mean();
    Mean flawed = new Mean();
    for (JoinedRollout rollout : rollouts) {
      if (rollout.truth().isEmpty()) {
        continue;
      }
      SolutionTruth truth = rollout.truth().get();
      Set<Integer> wrongSteps = truth.wrongSteps();
      correctness.add(truth.stepCorrectness());
      wrong.add(wrongSteps.size(), truth.steps().size());
      misnumbered.add(truth.misnumberedSteps(), truth.steps().size());
      if (rollout.right()) {
        flawed.add(!wrongSteps.isEmpty());
      }
    }
    figures.put(Figure.STEP_CORRECTNESS, correctness);
    figures.put(Figure.WRONG_STEP_SHARE, wrong);
    figures.put(Figure.MISNUMBERED_SHARE, misnumbered);
    figures.put(Figure.FLAWED_POSITIVE_SHARE, flawed);
  }
}
