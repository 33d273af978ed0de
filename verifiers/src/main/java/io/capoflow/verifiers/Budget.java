package io.capoflow.verifiers;

/**
 * What one verification may spend. Counters rather than clocks, so that the same input always meets
 * the same end. Confined to one verification.
 */
final class Budget {
  static final int RESPONSE_CHARACTERS = 1 << 20;
  static final int TAIL_CHARACTERS = 1 << 16;
  static final int CANDIDATE_CHARACTERS = 2_000;
  static final int TOKENS = 1_000;
  static final int DEPTH = 64;
  static final int DIGITS = 1_000;
  static final int BITS = 4_096;
  static final int LIST = 64;
  private static final long FUEL = 200_000;

  private long spent;

  /** Thrown where a limit is passed; caught at the verifier's door. */
  static final class Exceeded extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Exceeded(String limit) {
      super(limit, null, false, false);
    }
  }

  void spend(long nodes) {
    spent += nodes;
    if (spent > FUEL) {
      throw new Exceeded("fuel");
    }
  }

  long spent() {
    return spent;
  }

  static void check(boolean within, String limit) {
    if (!within) {
      throw new Exceeded(limit);
    }
  }
}
