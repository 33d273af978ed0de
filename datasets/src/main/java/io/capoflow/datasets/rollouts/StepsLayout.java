package io.capoflow.datasets.rollouts;

import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.Problem;
import java.util.Optional;

/**
 * Rows {@code {problem, answer?, solution?, steps}}: the question stands in {@code problem}, {@code
 * question} or {@code prompt}, {@code steps} is a list of texts. Nothing is known of the steps.
 */
final class StepsLayout implements RolloutLayout {
  @Override
  public String name() {
    return "steps";
  }

  @Override
  public String columns() {
    return "steps and problem, question or prompt";
  }

  @Override
  public boolean matches(RowColumns row) {
    return row.has("steps") && row.firstOf(RowProblem.QUESTIONS).isPresent();
  }

  @Override
  public GivenRollout read(RowColumns row) throws BadRolloutException {
    String question = row.firstOf(RowProblem.QUESTIONS).orElseThrow();
    Problem problem = RowProblem.read(row, question, "answer", name());
    GivenResponse response = GivenResponse.ofSteps(row.take("steps"), "steps");
    Optional<String> id = RowProblem.rowId(row);
    return GivenRow.of(this, row, id, problem, response, StepTruth.UNKNOWN);
  }
}
