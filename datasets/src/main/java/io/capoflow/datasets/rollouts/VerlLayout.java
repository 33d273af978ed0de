package io.capoflow.datasets.rollouts;

import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.Problem;
import java.util.Optional;

/**
 * Dumps that verl writes of its rollouts ({@code trainer.rollout_data_dir}): {@code input, output,
 * gts, score, step} and further scores. The input is the prompt as the model saw it, {@code gts}
 * the gold answer.
 */
final class VerlLayout implements RolloutLayout {
  @Override
  public String name() {
    return "verl";
  }

  @Override
  public String columns() {
    return "input and output";
  }

  @Override
  public boolean matches(RowColumns row) {
    return row.has("input") && row.has("output");
  }

  @Override
  public GivenRollout read(RowColumns row) throws BadRolloutException {
    Problem problem = RowProblem.read(row, "input", "gts", name());
    GivenResponse response = GivenResponse.bare(RowProblem.text(row, "output"));
    Optional<String> id = RowProblem.rowId(row);
    return GivenRow.of(this, row, id, problem, response, StepTruth.UNKNOWN);
  }
}
