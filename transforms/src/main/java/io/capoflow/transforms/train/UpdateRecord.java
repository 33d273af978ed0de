package io.capoflow.transforms.train;

import io.capoflow.models.learning.UpdateStatistics;
import io.capoflow.transforms.storage.KlToken;
import io.capoflow.transforms.storage.TrainerState;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.IntFunction;

/**
 * Collects what an update saw, for {@code trainer_state.json}. What was not measured has no figure.
 *
 * <p>Figures are of the rollouts that the batches hold. Those out of the loss are in none, and
 * where β is 0 groups without spread are in none either, unless the loss is a mean over all tokens
 * ({@link io.capoflow.transforms.batch.BatchSettings.ZeroSpread#SKIP}).
 */
final class UpdateRecord {
  private static final String TOKENS = "tokens";
  private static final String RATIO_DEVIATION_MAX = "ratio_deviation_max";

  private final List<Map<String, Double>> steps = new ArrayList<>();
  private final Map<String, Double> seconds = new TreeMap<>();
  private Optional<CreditedSequences.Mismatch> mismatch = Optional.empty();
  private OptionalDouble klCapped = OptionalDouble.empty();
  private List<KlToken> klTokens = List.of();
  private long phaseStart = System.nanoTime();

  /** Ends a phase: its wall-clock is the time since the last one ended. */
  void phase(String name) {
    long now = System.nanoTime();
    seconds.put(name, (now - phaseStart) / 1e9);
    phaseStart = now;
  }

  /** How far the sampler was from the learner; empty where there was no token to compare. */
  void mismatch(Optional<CreditedSequences.Mismatch> found) {
    mismatch = found;
  }

  void step(UpdateStatistics statistics, double learningRate) {
    Map<String, Double> figures = new TreeMap<>();
    figures.put("loss", statistics.loss());
    figures.put("policy_loss", statistics.policyLoss());
    statistics.klToReference().ifPresent(value -> figures.put("kl", value));
    statistics.clipFraction().ifPresent(value -> figures.put("clip_fraction", value));
    statistics.entropy().ifPresent(value -> figures.put("entropy", value));
    statistics.largestRatioDeviation().ifPresent(value -> figures.put(RATIO_DEVIATION_MAX, value));
    figures.put("gradient_norm", statistics.gradientNorm());
    figures.put("learning_rate", learningRate);
    figures.put(TOKENS, (double) statistics.tokens());
    steps.add(figures);
  }

  /**
   * How far the tokens were from the reference, all steps together.
   *
   * @param text of a token id
   */
  void distances(KlTokens tokens, IntFunction<String> text) {
    klCapped = tokens.cappedMean();
    klTokens = tokens.largest(text);
  }

  /** Optimizer steps recorded so far. */
  int steps() {
    return steps.size();
  }

  /** What the whole update saw: means over the steps, but for counts and maxima. */
  TrainerState state(TrainerState.Lineage lineage) {
    Map<String, DoubleSummaryStatistics> overSteps = new TreeMap<>();
    for (Map<String, Double> step : steps) {
      step.forEach(
          (name, value) ->
              overSteps
                  .computeIfAbsent(name, unseen -> new DoubleSummaryStatistics())
                  .accept(value));
    }
    Map<String, Double> summary = new TreeMap<>();
    overSteps.forEach((name, values) -> summary.put(name, overall(name, values)));
    summary.putIfAbsent(TOKENS, 0.0);
    summary.put("optimizer_steps", (double) steps.size());
    mismatch.ifPresent(
        found -> {
          summary.put("mismatch_mean", found.mean());
          summary.put("mismatch_max", found.largest());
        });
    klCapped.ifPresent(value -> summary.put("kl_capped", value));
    klTokens.stream().findFirst().ifPresent(token -> summary.put("kl_largest", token.k3()));
    return new TrainerState(lineage, summary, steps, seconds, klTokens);
  }

  private static double overall(String name, DoubleSummaryStatistics steps) {
    return switch (name) {
      case TOKENS -> steps.getSum();
      case RATIO_DEVIATION_MAX -> steps.getMax();
      default -> steps.getAverage();
    };
  }
}
