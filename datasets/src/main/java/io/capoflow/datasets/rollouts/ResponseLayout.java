package io.capoflow.datasets.rollouts;

import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.Problem;
import java.util.Optional;

/**
 * Rows {@code {problem, answer?, solution?, response}}: the question stands in {@code problem},
 * {@code question} or {@code prompt}, the response is a bare text.
 */
final class ResponseLayout implements RolloutLayout {
  @Override
  public String name() {
    return "response";
  }

  @Override
  public String columns() {
    return "response and problem, question or prompt";
  }

  @Override
  public boolean matches(RowColumns row) {
    return row.has("response") && row.firstOf(RowProblem.QUESTIONS).isPresent();
  }

  @Override
  public GivenRollout read(RowColumns row) throws BadRolloutException {
    String question = row.firstOf(RowProblem.QUESTIONS).orElseThrow();
    Problem problem = RowProblem.read(row, question, "answer", name());
    GivenResponse response = GivenResponse.bare(RowProblem.text(row, "response"));
    Optional<String> id = RowProblem.rowId(row);
    return GivenRow.of(this, row, id, problem, response, StepTruth.UNKNOWN);
  }
}
