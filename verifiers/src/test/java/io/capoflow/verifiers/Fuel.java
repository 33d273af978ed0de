package io.capoflow.verifiers;

import static org.assertj.core.api.Assertions.assertThat;

/** What every verification has to say of its fuel. */
final class Fuel {
  /** docs/verification-spec.md, 6. */
  static final long LIMIT = 200_000;

  private Fuel() {}

  /** Fuel is used up where the verdict says so, or the gold answer used it up, and nowhere else. */
  static void requireAccounted(Verification verification) {
    boolean usedUp = verification.fuel() == LIMIT;
    assertThat(verification.fuel()).as("%s", verification).isBetween(0L, LIMIT);
    if (verification.reason() != Reason.GOLD_UNPARSED) {
      boolean saidSo = verification.reason() == Reason.LIMIT && verification.route().equals("fuel");
      assertThat(usedUp).as("%s", verification).isEqualTo(saidSo);
    }
  }
}
