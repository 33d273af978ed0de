package io.capoflow.transforms.credit;

import java.io.Serializable;

/**
 * The knobs of credit assignment (docs/method.md, "Credit").
 *
 * @param wholeWeight W_whole
 * @param processWeight W_process, below W_whole
 * @param normalisation over which population advantages are centred and scaled
 * @param formatReward added to every token of a response with exactly one final box; below W_whole
 *     - W_process
 */
public record CreditSettings(
    double wholeWeight, double processWeight, Normalisation normalisation, double formatReward)
    implements Serializable {
  /** Over which population advantages are centred and scaled. */
  public enum Normalisation {
    /** All tokens of all rollouts of the group: the paper. */
    TOKEN,
    /** Each token weighs 1/L_i, so that the 1/L_i loss sees zero-mean advantages. */
    LENGTH_WEIGHTED,
    /** Outcome and process normalised apart. */
    SPLIT
  }

  public CreditSettings {
    if (!(wholeWeight > processWeight && processWeight >= 0)) {
      throw new IllegalArgumentException(
          "w_whole must exceed w_process: " + wholeWeight + " against " + processWeight);
    }
    if (!(formatReward >= 0 && (formatReward == 0 || formatReward < wholeWeight - processWeight))) {
      throw new IllegalArgumentException(
          "format_reward must stay below w_whole - w_process: " + formatReward);
    }
  }
}
