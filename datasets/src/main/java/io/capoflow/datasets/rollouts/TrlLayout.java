package io.capoflow.datasets.rollouts;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import java.util.List;
import java.util.Optional;

/**
 * Tables of completions that TRL writes ({@code log_completions}): {@code prompt, completion}, the
 * step, an advantage and a column for each reward. Prompt and completion may be chat messages; the
 * response is then what the last message of the assistant says. TRL writes no gold answer; one in a
 * column {@code answer} is taken.
 */
final class TrlLayout implements RolloutLayout {
  @Override
  public String name() {
    return "trl";
  }

  @Override
  public String columns() {
    return "prompt and completion";
  }

  @Override
  public boolean matches(RowColumns row) {
    return row.has("prompt") && row.has("completion");
  }

  @Override
  public GivenRollout read(RowColumns row) throws BadRolloutException {
    Problem problem = RowProblem.read(row, "prompt", "answer", name());
    GivenResponse response = GivenResponse.bare(response(row));
    Optional<String> id = RowProblem.rowId(row);
    return GivenRow.of(this, row, id, problem, response, StepTruth.UNKNOWN);
  }

  private static String response(RowColumns row) throws BadRolloutException {
    JsonNode completion = row.take("completion");
    if (completion.isTextual()) {
      return completion.textValue();
    }
    List<Message> messages = RowProblem.messages(row, "completion", completion);
    if (messages.size() > 1) {
      row.keep("completion");
    }
    return messages.stream()
        .filter(message -> message.getRole().equals("assistant"))
        .reduce((earlier, later) -> later)
        .map(Message::getContent)
        .orElseThrow(
            () ->
                new BadRolloutException(
                    RolloutRejection.BAD_COLUMN, "completion: has no message of the assistant"));
  }
}
