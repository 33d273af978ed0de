package io.capoflow.verifiers;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.verifiers.VerifierOptions.Mode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Which answer of a response counts. */
class ExtractionsTest {
  private final MathVerifier verifier = new MathVerifier();

  /** One line of the table. */
  record Case(String mode, boolean correct, String gold, String response) {}

  static Stream<Case> cases() throws IOException {
    try (InputStream in = ExtractionsTest.class.getResourceAsStream("/samples/extractions.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.startsWith("# "))
              .map(line -> parsed(line.replace('⏎', '\n').split(" ~ ", -1)))
              .toList()
              .stream();
    }
  }

  private static Case parsed(String[] columns) {
    assertThat(columns).as(String.join(" ~ ", columns)).hasSize(4);
    assertThat(columns[0]).isIn("any", "lenient");
    return new Case(columns[0], columns[1].equals("1"), columns[2], columns[3]);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void decidesEachResponse(Case row) {
    boolean strict = row.correct() && row.mode().equals("any");
    for (Mode mode : Mode.values()) {
      Verification verification =
          verifier.verify(row.response(), row.gold(), new VerifierOptions(mode, 0));
      assertThat(verification.correct())
          .as(mode + " " + row + " " + verification)
          .isEqualTo(mode == Mode.STRICT ? strict : row.correct());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "<answer>7</answer> then \\boxed{8}~true",
        "<answer>\\boxed{7}</answer>~true",
        "<answer>6</answer><answer>$7$</answer>~true",
        "<answer>8</answer> then \\boxed{7}~false",
        "no tag, \\boxed{7}~true"
      })
  void aTagGoesFirstWhereItIsAskedFor(String response, boolean correct) {
    VerifierOptions options = VerifierOptions.strict().withAnswerTag(true);
    assertThat(verifier.verify(response, "7", options).correct()).isEqualTo(correct);
  }

  @Test
  void aTagIsNothingWhereItIsNotAskedFor() {
    assertThat(
            verifier
                .verify("<answer>7</answer> then \\boxed{8}", "7", VerifierOptions.strict())
                .correct())
        .isFalse();
  }

  @Test
  void aThoughtThatBeganBeforeTheTailAndNeverEndsIsTruncated() {
    String response = "<think>" + " a".repeat(60_000) + "\\boxed{7}";
    assertThat(verifier.verify(response, "7", VerifierOptions.strict()).reason())
        .isEqualTo(Reason.TRUNCATED);
  }
}
