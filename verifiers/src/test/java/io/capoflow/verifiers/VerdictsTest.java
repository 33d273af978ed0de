package io.capoflow.verifiers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Verdicts on pairs of answers, by category, written by hand. */
class VerdictsTest {
  private final MathVerifier verifier = new MathVerifier();

  /** One line of the table. */
  record Case(String category, boolean equivalent, String gold, String answer) {}

  static Stream<Case> cases() throws IOException {
    try (InputStream in = VerdictsTest.class.getResourceAsStream("/samples/verdicts.txt")) {
      String[] category = {""};
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.isBlank())
              .filter(
                  line -> {
                    category[0] = line.startsWith("# ") ? line.substring(2) : category[0];
                    return !line.startsWith("# ");
                  })
              .map(line -> parsed(category[0], line.split(" ~ ", -1)))
              .toList()
              .stream();
    }
  }

  private static Case parsed(String category, String[] columns) {
    assertThat(columns).as(String.join(" ~ ", columns)).hasSize(3);
    return new Case(category, columns[0].equals("1"), columns[1], columns[2]);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void decidesEachPairInBothModes(Case row) {
    for (VerifierOptions.Mode mode : VerifierOptions.Mode.values()) {
      for (long seed : new long[] {0, 1, -7}) {
        VerifierOptions options = new VerifierOptions(mode, seed);
        Verification verification =
            verifier.verify("So it is \\boxed{" + row.answer() + "}.", row.gold(), options);
        assertThat(verification.correct()).as(row + " " + verification).isEqualTo(row.equivalent());
        assertThat(verification.rung()).isEqualTo("box");
        assertThat(verification.reason())
            .as(row + " " + verification)
            .isIn(Reason.CORRECT, Reason.WRONG);
        assertThat(verification.fuel()).isLessThan(Fuel.LIMIT);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyGoldEqualsItself(Case row) {
    Verification verification =
        verifier.verify("\\boxed{" + row.gold() + "}", row.gold(), VerifierOptions.strict());
    assertThat(verification.correct()).as(row + " " + verification).isTrue();
  }

  /** Between values without a unit, a percent sign or a decimal's precision, order is nothing. */
  @ParameterizedTest
  @MethodSource("cases")
  void whatIsRefusedIsRefusedTheOtherWayRound(Case row) {
    boolean oneWay =
        row.equivalent()
            || row.gold().contains(".")
            || row.answer().contains(".")
            || !(row.category().startsWith("closed")
                || row.category().startsWith("expressions")
                || row.category().startsWith("tuples")
                || row.category().startsWith("matrices")
                || row.category().startsWith("ratios"));
    if (!oneWay) {
      Verification verification =
          verifier.verify("\\boxed{" + row.gold() + "}", row.answer(), VerifierOptions.strict());
      assertThat(verification.correct()).as(row + " " + verification).isFalse();
    }
  }

  @Test
  void theTableIsWhole() throws IOException {
    assertThat(cases().filter(Case::equivalent)).hasSizeGreaterThan(300);
    assertThat(cases().filter(row -> !row.equivalent())).hasSizeGreaterThan(200);
    assertThat(cases()).doesNotHaveDuplicates();
  }
}
