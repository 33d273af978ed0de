package io.capoflow.datasets.rollouts;

import io.capoflow.schemas.GivenRollout;

/**
 * What was taken in before: the {@code rollouts/} table of a critique dataset of ours. All of a row
 * is kept as it is, so that it has the id that it had.
 */
final class GivenRolloutLayout implements RolloutLayout {
  @Override
  public String name() {
    return "given";
  }

  @Override
  public String columns() {
    return "rollout, layout and truth, as in a critique dataset of ours";
  }

  @Override
  public boolean matches(RowColumns row) {
    return row.peek("rollout").isObject() && row.has("layout") && row.has("truth");
  }

  @Override
  public GivenRollout read(RowColumns row) throws BadRolloutException {
    GivenRollout given = RecordReader.read(GivenRollout.class, row.asObject());
    OwnRolloutLayout.requireUsable(given.getRollout(), "rollout.");
    int truths = given.getTruth().size();
    int steps =
        given.getRollout().getGivenSteps() == null ? 0 : given.getRollout().getGivenSteps().size();
    if (truths != 0 && truths != steps) {
      throw new BadRolloutException(
          RolloutRejection.BAD_LABEL, "truth: is of %d steps, not %d".formatted(truths, steps));
    }
    return given;
  }
}
