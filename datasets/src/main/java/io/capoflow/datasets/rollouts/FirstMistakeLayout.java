package io.capoflow.datasets.rollouts;

import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.Problem;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Rows of steps with the index of the first wrong one, null or -1 where there is none, as
 * BIG-Bench-Mistake has them ({@code input, steps, answer, target, mistake_index}). There {@code
 * target} is the gold answer and {@code answer} the model's, which stays a column. A row without
 * {@code input} and {@code target} has its gold in {@code answer}.
 */
final class FirstMistakeLayout implements RolloutLayout {
  private static final List<String> MISTAKES =
      List.of(
          "mistake_index", "mistake_idx", "first_error_step", "first_error_index", "first_error");

  private static final List<String> QUESTIONS =
      Stream.concat(RowProblem.QUESTIONS.stream(), Stream.of("input")).toList();

  @Override
  public String name() {
    return "first-mistake";
  }

  @Override
  public String columns() {
    return "steps, mistake_index and problem, question, prompt or input";
  }

  @Override
  public boolean matches(RowColumns row) {
    return row.has("steps")
        && row.firstOf(QUESTIONS).isPresent()
        && MISTAKES.stream().anyMatch(row::names);
  }

  @Override
  public GivenRollout read(RowColumns row) throws BadRolloutException {
    String question = row.firstOf(QUESTIONS).orElseThrow();
    boolean target = question.equals("input") || row.has("target");
    Problem problem = RowProblem.read(row, question, target ? "target" : "answer", name());
    GivenResponse response = GivenResponse.ofSteps(row.take("steps"), "steps");
    String mistake =
        row.firstOf(MISTAKES)
            .or(() -> MISTAKES.stream().filter(row::names).findFirst())
            .orElseThrow();
    List<Boolean> truth = StepTruth.byFirstMistake(row.take(mistake), response.count(), mistake);
    Optional<String> id = RowProblem.rowId(row);
    return GivenRow.of(this, row, id, problem, response, truth);
  }
}
