package io.capoflow.datasets.rollouts;

import com.fasterxml.jackson.databind.node.TextNode;
import io.capoflow.datasets.problems.Questions;
import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.models.steps.RolloutSteps;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import java.util.Optional;
import org.apache.avro.Schema;

/**
 * Rollouts of a run of ours, as its {@code rollouts/} tables hold them. All of a rollout is kept as
 * it is but its {@code rollout_id}, which becomes {@code source_id}. How it was sampled is kept in
 * {@code columns} as well: rows of the dataset have no other place for that.
 */
final class OwnRolloutLayout implements RolloutLayout {
  @Override
  public String name() {
    return "capoflow";
  }

  @Override
  public String columns() {
    return "rollout_id, problem.prompt and response, as in tables of a run of ours";
  }

  @Override
  public boolean matches(RowColumns row) {
    return row.has("rollout_id") && row.peek("problem").isObject() && row.has("response");
  }

  @Override
  public GivenRollout read(RowColumns row) throws BadRolloutException {
    Rollout rollout = RecordReader.read(Rollout.class, row.asObject());
    for (Schema.Field field : rollout.getSchema().getFields()) {
      row.take(field.name());
    }
    requireUsable(rollout, "");
    addSampling(rollout, row);
    return GivenRow.of(this, row, Optional.of(rollout.getRolloutId()), rollout, StepTruth.UNKNOWN);
  }

  /** From the rollout, so that a number reads alike whatever file it comes from. */
  private static void addSampling(Rollout rollout, RowColumns row) {
    add(row, "finish_reason", rollout.getFinishReason());
    add(row, "iteration", rollout.getIteration());
    add(row, "policy_version", rollout.getPolicyVersion());
    add(row, "sample_index", rollout.getSampleIndex());
    add(row, "seed", rollout.getSeed());
    add(row, "temperature", rollout.getTemperature());
    add(row, "top_p", rollout.getTopP());
  }

  private static void add(RowColumns row, String name, Object value) {
    row.add(name, TextNode.valueOf(String.valueOf(value)));
  }

  /**
   * Refuses a rollout that critics or verifiers would stumble over.
   *
   * @param place where it stands in the row
   */
  static void requireUsable(Rollout rollout, String place) throws BadRolloutException {
    if (Questions.normalised(rollout.getProblem().getPrompt()).isEmpty()) {
      throw new BadRolloutException(
          RolloutRejection.BAD_COLUMN, place + "problem.prompt: asks nothing");
    }
    try {
      FinishReason.of(rollout);
    } catch (UserMistake unknown) {
      throw new BadRolloutException(RolloutRejection.BAD_COLUMN, unknown.getMessage());
    }
    try {
      for (String step : RolloutSteps.texts(rollout, new BlankLineSplitter())) {
        if (GivenResponse.isBlank(step)) {
          throw new BadRolloutException(
              RolloutRejection.BAD_STEP, place + "given_steps: one of them is blank");
        }
      }
    } catch (IllegalArgumentException outside) {
      throw new BadRolloutException(RolloutRejection.BAD_STEP, outside.getMessage());
    }
  }
}
