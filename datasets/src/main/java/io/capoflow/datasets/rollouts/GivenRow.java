package io.capoflow.datasets.rollouts;

import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import java.util.List;
import java.util.Optional;

/** Puts together what a layout has read. Stateless. */
final class GivenRow {
  private GivenRow() {}

  /**
   * A row without file, line and ids. All columns that have a place must have been taken.
   *
   * @param truth of each given step, or of none, see {@link StepTruth}
   */
  static GivenRollout of(
      RolloutLayout layout,
      RowColumns row,
      Optional<String> sourceId,
      Rollout rollout,
      List<Boolean> truth) {
    return GivenRollout.newBuilder()
        .setRolloutId("")
        .setProblemId("")
        .setSourceId(sourceId.orElse(null))
        .setLayout(layout.name())
        .setRollout(rollout)
        .setTruth(truth)
        .setColumns(row.rest())
        .setSourceFile("")
        .setSourceLine(0)
        .build();
  }

  /** The same, of a row that says no more than a problem and a response. */
  static GivenRollout of(
      RolloutLayout layout,
      RowColumns row,
      Optional<String> sourceId,
      Problem problem,
      GivenResponse response,
      List<Boolean> truth) {
    return of(layout, row, sourceId, NeutralRollout.of(problem, response), truth);
  }
}
