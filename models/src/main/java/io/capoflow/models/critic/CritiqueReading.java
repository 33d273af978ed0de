package io.capoflow.models.critic;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Judgment;
import java.util.List;
import java.util.Optional;

/**
 * What a critic's text says.
 *
 * @param judgment on the response as a whole; empty where none could be read
 * @param wrongSteps indices called wrong, ascending, in range, without repeats; empty when void
 * @param droppedIndices different indices named that are no step
 * @param voidReason why the critique abstains; empty when valid
 */
public record CritiqueReading(
    Optional<Judgment> judgment,
    List<Integer> wrongSteps,
    int droppedIndices,
    Optional<VoidReason> voidReason) {
  public CritiqueReading {
    requireNonNull(judgment, "judgment");
    wrongSteps = List.copyOf(wrongSteps);
    requireNonNull(voidReason, "voidReason");
  }

  /** A reading that votes. */
  public static CritiqueReading valid(
      Optional<Judgment> judgment, List<Integer> wrongSteps, int droppedIndices) {
    return new CritiqueReading(judgment, wrongSteps, droppedIndices, Optional.empty());
  }

  /** A reading that abstains. */
  public static CritiqueReading abstaining(
      Optional<Judgment> judgment, int droppedIndices, VoidReason reason) {
    return new CritiqueReading(judgment, List.of(), droppedIndices, Optional.of(reason));
  }
}
