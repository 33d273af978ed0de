package io.capoflow.pipelines.critiques.export;

/** Why a row of a dataset is not exported; of several reasons the first counts. */
public enum LeftOut {
  /** The response has no steps. */
  NO_STEPS("no steps"),
  /** Too few critiques could be read for a vote. */
  NO_QUORUM("no quorum"),
  /** No critique that ended by itself calls exactly the voted steps wrong (sft). */
  NO_AGREEING_CRITIQUE("no critique that agrees with the vote"),
  /** Question or steps hold what marks the end of a step (math-shepherd). */
  HOLDS_STEP_MARK("holds the mark of a step's end"),
  /** Question or first step hold what marks the first step's beginning (math-shepherd). */
  HOLDS_STEP_ONE("holds \"Step 1:\" besides the first step's number");

  private final String text;

  LeftOut(String text) {
    this.text = text;
  }

  /** For people. */
  public String text() {
    return text;
  }
}
