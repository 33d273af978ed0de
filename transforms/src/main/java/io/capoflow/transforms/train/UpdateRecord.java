package io.capoflow.transforms.train;

import io.capoflow.models.learning.UpdateStatistics;
import io.capoflow.transforms.storage.TrainerState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Collects what an update saw, for {@code trainer_state.json}. */
final class UpdateRecord {
  private final List<Map<String, Double>> steps = new ArrayList<>();
  private final Map<String, Double> seconds = new TreeMap<>();
  private CreditedSequences.Mismatch mismatch = new CreditedSequences.Mismatch(0, 0);
  private long phaseStart = System.nanoTime();

  /** Ends a phase: its wall-clock is the time since the last one ended. */
  void phase(String name) {
    long now = System.nanoTime();
    seconds.put(name, (now - phaseStart) / 1e9);
    phaseStart = now;
  }

  void mismatch(CreditedSequences.Mismatch found) {
    mismatch = found;
  }

  void step(UpdateStatistics statistics, double learningRate) {
    steps.add(
        Map.of(
            "loss", statistics.loss(),
            "policy_loss", statistics.policyLoss(),
            "kl", statistics.klToReference(),
            "clip_fraction", statistics.clipFraction(),
            "entropy", statistics.entropy(),
            "max_ratio_deviation", statistics.maxRatioDeviation(),
            "gradient_norm", statistics.gradientNorm(),
            "learning_rate", learningRate,
            "tokens", (double) statistics.tokens()));
  }

  /** Optimizer steps recorded so far. */
  int steps() {
    return steps.size();
  }

  /** Means over the steps, but for counts. */
  TrainerState state(TrainerState.Lineage lineage) {
    Map<String, Double> summary = new TreeMap<>();
    for (Map<String, Double> step : steps) {
      step.forEach((name, value) -> summary.merge(name, value / steps.size(), Double::sum));
    }
    summary.put(
        "tokens", steps.stream().mapToDouble(step -> step.getOrDefault("tokens", 0.0)).sum());
    summary.put("optimizer_steps", (double) steps.size());
    summary.put("mismatch_mean", mismatch.mean());
    summary.put("mismatch_max", mismatch.largest());
    return new TrainerState(lineage, summary, steps, seconds);
  }
}
