package io.capoflow.transforms.train;

import static java.util.Objects.requireNonNull;

import io.capoflow.transforms.storage.Flaw;
import io.capoflow.transforms.storage.PolicyStore;
import io.capoflow.transforms.storage.TrainerState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the bytes of a policy version prove.
 *
 * @param state its record, where there is one that is as it was written
 * @param hasOptimizerState whether one is there, as recorded
 * @param isProven whether its weights are those of the recorded digest, and no flaw is damage
 * @param flaws of the version's files
 */
public record PolicyProof(
    int version,
    Optional<TrainerState> state,
    boolean hasOptimizerState,
    boolean isProven,
    List<Flaw> flaws) {
  public PolicyProof {
    requireNonNull(state, "state");
    flaws = List.copyOf(flaws);
  }

  /** The same with one more flaw, of the version as a whole. */
  public PolicyProof with(Flaw flaw) {
    List<Flaw> all = new ArrayList<>(flaws);
    all.add(flaw);
    return new PolicyProof(version, state, hasOptimizerState, false, all);
  }

  /** Whether the version can be asked: everything but its optimizer state is as recorded. */
  public boolean canBeAsked() {
    return state.isPresent()
        && flaws.stream()
            .filter(Flaw::isDamage)
            .allMatch(
                flaw -> flaw.file().getFileName().toString().equals(PolicyStore.optimizerFile()));
  }

  /** Whether training can go on from it. */
  public boolean canBeTrained() {
    return canBeAsked()
        && (hasOptimizerState || state.orElseThrow().lineage().optimizerSteps() == 0);
  }
}
