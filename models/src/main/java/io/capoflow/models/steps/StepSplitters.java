package io.capoflow.models.steps;

import io.capoflow.schemas.Extensions;

/** The step splitters that a recipe can name. */
public final class StepSplitters {
  private StepSplitters() {}

  /**
   * The splitter of that name.
   *
   * @throws io.capoflow.schemas.UserMistake when there is none
   */
  public static StepSplitter named(String name) {
    return Extensions.named(StepSplitter.class, StepSplitter::name, "step splitter", name);
  }
}
