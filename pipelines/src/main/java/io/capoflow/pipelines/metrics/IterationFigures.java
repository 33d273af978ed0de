package io.capoflow.pipelines.metrics;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.steps.StepSplitter;
import io.capoflow.pipelines.metrics.Figures.Mean;
import io.capoflow.pipelines.metrics.RolloutFigures.Credit;
import io.capoflow.pipelines.metrics.RolloutFigures.Truth;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.worlds.truth.SolutionTruths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Computes the figures of an iteration from its rows. They are added some rollouts at a time, in
 * any order, and can be let go then: what is kept of a rollout is small. For one thread.
 */
public final class IterationFigures {
  /** As an update records it. */
  private static final String TRAINED_TOKENS = "tokens";

  private final StepSplitter splitter;
  private final SolutionTruths truths;
  private final DetectionFigures detection;
  private final List<RolloutFigures> rollouts = new ArrayList<>();

  /**
   * Figures of no rows yet.
   *
   * @param splitter the one that numbered the steps for the critics
   */
  public IterationFigures(StepSplitter splitter) {
    this.splitter = requireNonNull(splitter, "splitter");
    this.truths = new SolutionTruths(splitter);
    this.detection = new DetectionFigures(splitter);
  }

  /**
   * The figures of a complete iteration of a run, which is read shard by shard.
   *
   * @throws io.capoflow.schemas.UserMistake when its rollouts, verdicts or credits are not complete
   */
  public static Map<String, Double> of(RunDirectory run, int iteration, StepSplitter splitter) {
    IterationFigures figures = new IterationFigures(splitter);
    StoredIteration.forEachShard(run, iteration, figures::add);
    return figures.named();
  }

  /**
   * Adds all rows of some rollouts.
   *
   * @throws IllegalArgumentException when rows do not belong together
   */
  public void add(StoredIteration rows) {
    for (JoinedRollout rollout : JoinedRollout.join(rows, splitter, truths)) {
      detection.take(rollout);
      rollouts.add(RolloutFigures.of(rollout));
    }
  }

  /** The figures that {@link Figure} defines, by name, without the undefined ones. */
  public Map<String, Double> named() {
    // Sums do not depend on the order of the files.
    List<RolloutFigures> ordered =
        rollouts.stream().sorted(Comparator.comparing(RolloutFigures::rolloutId)).toList();
    Figures figures = new Figures();
    responses(ordered, figures);
    figures.put(Figure.SLOW_VERDICTS, ordered.stream().filter(RolloutFigures::slow).count());
    credit(ordered, figures);
    CriticFigures.add(ordered, figures);
    truth(ordered, figures);
    detection.put(figures);
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

  private static void responses(List<RolloutFigures> rollouts, Figures figures) {
    Mean accuracy = new Mean();
    Mean tokens = new Mean();
    Mean steps = new Mean();
    Mean tokensPerStep = new Mean();
    Mean cut = new Mean();
    for (RolloutFigures rollout : rollouts) {
      accuracy.add(rollout.right());
      tokens.add(rollout.tokens());
      steps.add(rollout.steps());
      tokensPerStep.add(rollout.tokens(), rollout.steps());
      cut.add(rollout.cut());
    }
    figures.put(Figure.ACCURACY, accuracy);
    figures.put(Figure.RESPONSE_TOKENS, tokens);
    figures.put(Figure.STEPS_PER_RESPONSE, steps);
    figures.put(Figure.TOKENS_PER_STEP, tokensPerStep);
    figures.put(Figure.CUT_SHARE, cut);
    figures.put(Figure.SAMPLED_TOKENS, rollouts.stream().mapToLong(RolloutFigures::tokens).sum());
  }

  private static void credit(List<RolloutFigures> rollouts, Figures figures) {
    Mean meanReward = new Mean();
    Mean tokenReward = new Mean();
    Mean excluded = new Mean();
    Mean advantage = new Mean();
    for (RolloutFigures rollout : rollouts) {
      Credit credit = rollout.credit();
      tokenReward.add(credit.rewards(), rollout.tokens());
      excluded.add(!credit.inLoss());
      if (rollout.tokens() > 0) {
        meanReward.add(credit.rewards() / rollout.tokens());
        if (credit.inLoss()) {
          advantage.add(credit.advantages() / rollout.tokens());
        }
      }
    }
    figures.put(Figure.MEAN_REWARD, meanReward);
    figures.put(Figure.TOKEN_REWARD, tokenReward);
    figures.put(Figure.EXCLUDED_SHARE, excluded);
    figures.put(Figure.MEAN_ADVANTAGE, advantage);
    groups(rollouts, figures);
  }

  private static void groups(List<RolloutFigures> rollouts, Figures figures) {
    Map<String, List<RolloutFigures>> groups = new TreeMap<>();
    rollouts.forEach(
        rollout ->
            groups.computeIfAbsent(rollout.problemId(), id -> new ArrayList<>()).add(rollout));
    Mean zeroSpread = new Mean();
    Mean covariance = new Mean();
    Mean positiveInAllWrong = new Mean();
    for (List<RolloutFigures> group : groups.values()) {
      boolean equal = group.stream().allMatch(rollout -> rollout.credit().zeroSpread());
      zeroSpread.add(equal);
      List<RolloutFigures> inLoss =
          group.stream()
              .filter(rollout -> rollout.credit().inLoss() && rollout.tokens() > 0)
              .toList();
      if (!equal && !inLoss.isEmpty()) {
        covariance.add(lengthRewardCovariance(inLoss));
      }
      if (group.stream().noneMatch(RolloutFigures::right)) {
        for (RolloutFigures rollout : inLoss) {
          positiveInAllWrong.add(rollout.credit().positive(), rollout.credit().tokens());
        }
      }
    }
    figures.put(Figure.ZERO_SPREAD_SHARE, zeroSpread);
    figures.put(Figure.LENGTH_REWARD_COVARIANCE, covariance);
    figures.put(Figure.POSITIVE_ADVANTAGE_SHARE_ALL_WRONG, positiveInAllWrong);
  }

  /** Population covariance of length and mean token reward (docs/method.md, "What to watch"). */
  private static double lengthRewardCovariance(List<RolloutFigures> group) {
    double meanLength = group.stream().mapToInt(RolloutFigures::tokens).average().orElseThrow();
    double meanReward =
        group.stream().mapToDouble(IterationFigures::reward).average().orElseThrow();
    return group.stream()
        .mapToDouble(rollout -> (rollout.tokens() - meanLength) * (reward(rollout) - meanReward))
        .average()
        .orElseThrow();
  }

  private static double reward(RolloutFigures rollout) {
    return rollout.credit().rewards() / rollout.tokens();
  }

  private static void truth(List<RolloutFigures> rollouts, Figures figures) {
    Mean correctness = new Mean();
    Mean wrong = new Mean();
    Mean misnumbered = new Mean();
    Mean flawed = new Mean();
    for (RolloutFigures rollout : rollouts) {
      if (rollout.truth().isEmpty()) {
        continue;
      }
      Truth truth = rollout.truth().get();
      correctness.add(truth.stepCorrectness());
      wrong.add((long) truth.wrong(), truth.steps());
      misnumbered.add((long) truth.misnumbered(), truth.steps());
      if (rollout.right()) {
        flawed.add(truth.wrong() > 0);
      }
    }
    figures.put(Figure.STEP_CORRECTNESS, correctness);
    figures.put(Figure.WRONG_STEP_SHARE, wrong);
    figures.put(Figure.MISNUMBERED_SHARE, misnumbered);
    figures.put(Figure.FLAWED_POSITIVE_SHARE, flawed);
  }
}
