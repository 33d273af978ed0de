package io.capoflow.datasets.rollouts;

import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.Problem;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * ProcessBench (arXiv 2412.06559): {@code id, generator, problem, steps, final_answer_correct,
 * label}. The label is the index of the first wrong step, -1 where all are right. The benchmark's
 * ids begin with the data set that the problem comes from.
 */
final class ProcessBenchLayout implements RolloutLayout {
  private static final Pattern ID = Pattern.compile("(gsm8k|math|olympiadbench|omnimath)-\\d+");

  @Override
  public String name() {
    return "processbench";
  }

  @Override
  public String columns() {
    return "problem, steps and label";
  }

  @Override
  public boolean matches(RowColumns row) {
    return row.has("problem") && row.has("steps") && row.has("label");
  }

  @Override
  public GivenRollout read(RowColumns row) throws BadRolloutException {
    Optional<String> id = RowProblem.rowId(row);
    Problem problem = RowProblem.read(row, "problem", "answer", source(id.orElse("")));
    GivenResponse response = GivenResponse.ofSteps(row.take("steps"), "steps");
    List<Boolean> truth = StepTruth.byFirstMistake(row.take("label"), response.count(), "label");
    return GivenRow.of(this, row, id, problem, response, truth);
  }

  private String source(String id) {
    Matcher matcher = ID.matcher(id);
    return matcher.matches() ? matcher.group(1) : name();
  }
}
