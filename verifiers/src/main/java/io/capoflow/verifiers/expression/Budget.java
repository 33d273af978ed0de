package io.capoflow.verifiers.expression;

/**
 * What one verification may spend. Counters rather than clocks, so that the same input always meets
 * the same end. Confined to one verification.
 */
public final class Budget {
  public static final int RESPONSE_CHARACTERS = 1 << 20;
  public static final int TAIL_CHARACTERS = 1 << 16;
  public static final int CANDIDATE_CHARACTERS = 2_000;
  public static final int TOKENS = 1_000;
  public static final int DEPTH = 64;
  public static final int DIGITS = 1_000;
  public static final int NODES = 4_000;
  public static final int BITS = 4_096;
  public static final int LIST = 64;
  public static final int MATRIX = 32;
  public static final int SIGNS = 4;
  public static final int TERMS = 1_000;
  public static final int FACTORIAL = 10_000;

  /**
   * What all steps may cost together. A unit is the visit of a node, about 25 ns on a warm core:
   * whatever costs more is charged more, before it is done.
   */
  private static final long FUEL = 200_000;

  private long spent;

  /** Thrown where a limit is passed; caught at the verifier's door. */
  public static final class Exceeded extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Exceeded(String limit) {
      super(limit, null, false, false);
    }
  }

  public void spend(long units) {
    if (units > FUEL - spent) {
      spent = FUEL;
      throw new Exceeded("fuel");
    }
    spent += units;
  }

  public long spent() {
    return spent;
  }

  public static void check(boolean within, String limit) {
    if (!within) {
      throw new Exceeded(limit);
    }
  }
}
