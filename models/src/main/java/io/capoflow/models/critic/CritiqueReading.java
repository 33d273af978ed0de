package io.capoflow.models.critic;

import java.util.List;
import java.util.Optional;

/**
 * What a critic's text says.
 *
 * @param judgment true for "Yes, correct", false for "No", empty where none could be read
 * @param wrongSteps indices called wrong, ascending, in range, without repeats; empty when void
 * @param droppedIndices indices named that are no step
 * @param voidReason why the critique abstains: CUT, NO_STEP_LIST, ONLY_IMPOSSIBLE_INDICES, FAILED,
 *     …; empty when valid
 */
public record CritiqueReading(
    Optional<Boolean> judgment,
    List<Integer> wrongSteps,
    int droppedIndices,
    Optional<String> voidReason) {
  public CritiqueReading {
    wrongSteps = List.copyOf(wrongSteps);
  }
}
