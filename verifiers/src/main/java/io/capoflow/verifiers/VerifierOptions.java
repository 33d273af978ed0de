package io.capoflow.verifiers;

import java.io.Serializable;

/**
 * Options of a verification.
 *
 * @param mode strict for rewards, lenient for evaluation
 * @param seed of any random evaluation point
 */
public record VerifierOptions(Mode mode, long seed) implements Serializable {
  /** How far extraction may reach. */
  public enum Mode {
    STRICT,
    LENIENT
  }

  public static VerifierOptions strict() {
    return new VerifierOptions(Mode.STRICT, 0);
  }

  /** Stable text of all options, for digests. */
  public String canonical() {
    return "mode=" + mode + ";seed=" + seed;
  }
}
