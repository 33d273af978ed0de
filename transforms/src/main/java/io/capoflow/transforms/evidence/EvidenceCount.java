package io.capoflow.transforms.evidence;

import io.capoflow.models.critic.VoidReason;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.UserMistake;
import io.capoflow.schemas.Verdict;
import io.capoflow.verifiers.Reason;
import java.io.Serializable;
import java.math.BigDecimal;
import java.util.stream.StreamSupport;

/**
 * How much of an iteration's evidence says nothing. Immutable.
 *
 * @param verdicts all of them
 * @param faults verdicts whose verifier threw
 * @param critiques those that were asked for
 * @param voids critiques that say nothing of the steps
 * @param failures of these, those that no critic answered
 */
record EvidenceCount(long verdicts, long faults, long critiques, long voids, long failures)
    implements Serializable {
  private static final EvidenceCount NONE = new EvidenceCount(0, 0, 0, 0, 0);

  static EvidenceCount of(Verdict verdict) {
    return new EvidenceCount(1, one(Reason.FAULT.name().equals(verdict.getReason())), 0, 0, 0);
  }

  static EvidenceCount of(Critique critique) {
    String voidReason = critique.getVoidReason();
    return new EvidenceCount(
        0, 0, 1, one(voidReason != null), one(VoidReason.FAILED.name().equals(voidReason)));
  }

  private static int one(boolean counts) {
    return counts ? 1 : 0;
  }

  static EvidenceCount sum(Iterable<EvidenceCount> counts) {
    return StreamSupport.stream(counts.spliterator(), false).reduce(NONE, EvidenceCount::plus);
  }

  private EvidenceCount plus(EvidenceCount other) {
    return new EvidenceCount(
        verdicts + other.verdicts,
        faults + other.faults,
        critiques + other.critiques,
        voids + other.voids,
        failures + other.failures);
  }

  /**
   * Refuses evidence of which too much says nothing: rewards would then be made by a broken
   * verifier or by nobody.
   *
   * @param maxFaultShare of the verdicts, from 0 to 1
   * @param maxVoidShare of the critiques, from 0 to 1
   * @param maxFailedShare of the critiques, from 0 to 1
   * @throws UserMistake when one is exceeded
   */
  void requireWithin(double maxFaultShare, double maxVoidShare, double maxFailedShare) {
    if (faults > maxFaultShare * verdicts) {
      throw new UserMistake(
          "%d of the iteration's %d verdicts are faults of the verifier, more than verify.max_fault_share %s allows, so nothing was learned from them; the rows are kept (reason FAULT in its verdicts, the exception under route): mend the verifier in a new --run, or raise the share"
              .formatted(faults, verdicts, shown(maxFaultShare)));
    }
    if (failures > maxFailedShare * critiques) {
      throw new UserMistake(
          "%d of the iteration's %d critiques failed, more than critique.max_failed_share %s allows, so nothing was learned from them; the rows are kept (failure in its critiques says how): mend the critic's server and begin in a new --run, which takes all that was answered from the journal, or raise the share"
              .formatted(failures, critiques, shown(maxFailedShare)));
    }
    if (voids > maxVoidShare * critiques) {
      throw new UserMistake(
          "%d of the iteration's %d critiques are void, more than critique.max_void_share %s allows, so nothing was learned from them; the rows are kept (void_reason in its critiques): mend the critic or its template in a new --run, or raise the share"
              .formatted(voids, critiques, shown(maxVoidShare)));
    }
  }

  private static String shown(double share) {
    return BigDecimal.valueOf(share).stripTrailingZeros().toPlainString();
  }
}
