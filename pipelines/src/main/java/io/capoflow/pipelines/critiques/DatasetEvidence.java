package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.VoidReason;
import io.capoflow.pipelines.critiques.Edition.EditionCritic;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.StepCritique;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.recipe.CritiqueSection;
import io.capoflow.verifiers.Reason;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How much of a dataset's evidence says nothing: a broken critic must not be published. For one
 * thread.
 */
final class DatasetEvidence {
  private final Map<String, Critiques> byCritic = new HashMap<>();
  private long verdicts;
  private long faults;

  private static final class Critiques {
    private long all;
    private long voids;
    private long failures;
  }

  void add(CritiquedRollout row) {
    if (row.getOutcome() != null) {
      verdicts++;
      faults += Reason.FAULT.name().equals(row.getVerdictReason()) ? 1 : 0;
    }
    for (StepCritique critique : row.getCritiques()) {
      Critiques critiques =
          byCritic.computeIfAbsent(critique.getCritic(), critic -> new Critiques());
      critiques.all++;
      critiques.voids += critique.getVoidReason() == null ? 0 : 1;
      critiques.failures += failed(critique.getVoidReason()) ? 1 : 0;
    }
  }

  /** Whether a critique is void since no critic answered. */
  static boolean failed(String voidReason) {
    return VoidReason.FAILED.name().equals(voidReason);
  }

  /** What is wrong with a critic's server, where too many of its critiques failed. */
  Optional<UserMistake> tooManyFailed(EditionCritic critic) {
    requireNonNull(critic, "critic");
    Critiques critiques = byCritic.getOrDefault(critic.name(), new Critiques());
    double allowed = section(critic).server().maxFailedShare();
    return critiques.failures > allowed * critiques.all
        ? Optional.of(
            new UserMistake(
                "%d of %d critiques by %s failed, more than critique.max_failed_share %s allows, so nothing is published; run the same command again when the server is well: what was answered is in the journal, the rest is asked anew"
                    .formatted(critiques.failures, critiques.all, critic.name(), shown(allowed))))
        : Optional.empty();
  }

  /**
   * Refuses evidence of which too much says nothing.
   *
   * @throws UserMistake when a share is exceeded
   */
  void requireWithin(Edition edition) {
    double allowedFaults = edition.verify().maxFaultShare();
    if (faults > allowedFaults * verdicts) {
      throw new UserMistake(
          "%d of %d verdicts are faults of the verifier, more than verify.max_fault_share %s allows, so nothing is published: mend the verifier, or raise the share with --set"
              .formatted(faults, verdicts, shown(allowedFaults)));
    }
    for (EditionCritic critic : edition.critics()) {
      Critiques critiques = byCritic.getOrDefault(critic.name(), new Critiques());
      double allowed = section(critic).maxVoidShare();
      if (critiques.voids > allowed * critiques.all) {
        throw new UserMistake(
            "%d of %d critiques by %s are void, more than critique.max_void_share %s allows, so nothing is published: ask with another template, more critique.max_new_tokens or another critic, or raise the share with --set"
                .formatted(critiques.voids, critiques.all, critic.name(), shown(allowed)));
      }
    }
  }

  private static CritiqueSection section(EditionCritic critic) {
    return critic.recipe().settings().critique();
  }

  private static String shown(double share) {
    return BigDecimal.valueOf(share).stripTrailingZeros().toPlainString();
  }
}
