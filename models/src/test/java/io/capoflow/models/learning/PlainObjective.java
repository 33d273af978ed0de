package io.capoflow.models.learning;

import io.capoflow.models.decoder.NaiveDecoder;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** The objective of docs/method.md in plain Java, one token at a time, over a plain forward. */
final class PlainObjective {
  private final ObjectiveSettings settings;

  PlainObjective(ObjectiveSettings settings) {
    this.settings = settings;
  }

  /** What the learner reports of a mini-batch, gradient norm aside. */
  UpdateStatistics of(
      NaiveDecoder model,
      List<TrainingSequence> sequences,
      float[][] old,
      float[][] reference,
      int rollouts) {
    double policyLoss = 0;
    double klLoss = 0;
    double k3 = 0;
    double clipped = 0;
    double entropy = 0;
    double deviation = 0;
    long tokens = sequences.stream().mapToLong(s -> s.responseTokenIds().length).sum();
    for (int i = 0; i < sequences.size(); i++) {
      TrainingSequence sequence = sequences.get(i);
      int length = sequence.responseTokenIds().length;
      double[][] distribution = responseDistribution(model, sequence);
      for (int t = 0; t < length; t++) {
        double weight =
            switch (settings.aggregation()) {
              case SEQUENCE_MEAN -> 1.0 / rollouts / length;
              case TOKEN_MEAN -> 1.0 / tokens;
              case TOKEN_SUM -> 1.0 / rollouts;
            };
        double logProbability = distribution[t][sequence.responseTokenIds()[t]];
        double ratio = Math.exp(logProbability - old[i][t]);
        double advantage = sequence.advantages()[t];
        double bounded = Math.max(1 - settings.clipLow(), Math.min(1 + settings.clipHigh(), ratio));
        double objective = Math.min(ratio * advantage, bounded * advantage);
        if (bounded * advantage < ratio * advantage) {
          clipped++;
        }
        if (advantage < 0) {
          objective = Math.max(objective, settings.dualClip() * advantage);
        }
        policyLoss -= weight * objective;
        double d = reference[i][t] - logProbability;
        klLoss +=
            weight
                * switch (settings.klEstimator()) {
                  case K1 -> -d;
                  case K2 -> d * d / 2;
                  case K3 -> Math.exp(d) - d - 1;
                };
        k3 += Math.exp(d) - d - 1;
        entropy -= Arrays.stream(distribution[t]).map(l -> l * Math.exp(l)).sum();
        deviation = Math.max(deviation, Math.abs(ratio - 1));
      }
    }
    return new UpdateStatistics(
        policyLoss + settings.klCoefficient() * klLoss,
        policyLoss,
        OptionalDouble.of(k3 / tokens),
        OptionalDouble.of(clipped / tokens),
        OptionalDouble.of(entropy / tokens),
        OptionalDouble.of(deviation),
        0,
        tokens);
  }

  private double[][] responseDistribution(NaiveDecoder model, TrainingSequence sequence) {
    int[] prompt = sequence.promptTokenIds();
    int[] all =
        IntStream.concat(Arrays.stream(prompt), Arrays.stream(sequence.responseTokenIds()))
            .toArray();
    return Arrays.copyOfRange(
        model.logProbabilities(all, settings.temperature()), prompt.length - 1, all.length);
  }
}
