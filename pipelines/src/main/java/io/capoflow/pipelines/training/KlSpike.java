package io.capoflow.pipelines.training;

import io.capoflow.transforms.storage.KlToken;
import io.capoflow.transforms.storage.TrainerState;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Tells when an iteration's KL says something of a few tokens, and little of the policy. */
final class KlSpike {
  private KlSpike() {}

  /**
   * What to say of a committed update.
   *
   * @return empty where the largest tokens, capped, leave at least half of the mean, and where KL
   *     was not measured
   */
  static Optional<String> notice(int iteration, TrainerState trainer) {
    Map<String, Double> figures = trainer.statistics();
    Double mean = figures.get("kl");
    Double capped = figures.get("kl_capped");
    if (mean == null || capped == null || !(capped < mean / 2)) {
      return Optional.empty();
    }
    return trainer.klTokens().stream()
        .findFirst()
        .map(
            token ->
                String.format(
                    Locale.ROOT,
                    "iteration %d: a few tokens are most of its KL of %.4f, which is %.4f with the largest"
                        + " thousandth of them capped; %s",
                    iteration,
                    mean,
                    capped,
                    furthest(token)));
  }

  private static String furthest(KlToken token) {
    return String.format(
        Locale.ROOT,
        "the furthest from the reference is token %d of %s, \"%s\": probability %.2g, %.2g by the"
            + " reference",
        token.position(),
        token.rolloutId(),
        token.text(),
        Math.exp(token.logPolicy()),
        Math.exp(token.logReference()));
  }
}
