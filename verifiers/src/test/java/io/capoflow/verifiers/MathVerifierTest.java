package io.capoflow.verifiers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MathVerifierTest {
  private final MathVerifier verifier = new MathVerifier();

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        // gold ~ boxed answer
        "42~42",
        "42~ 42. ",
        "42~+42",
        "42~042",
        "42~42.0",
        "42~\\frac{84}{2}",
        "42~x = 42",
        "42~$42$",
        "-42~−42",
        "1234567~1,234,567",
        "1234567~1{,}234{,}567",
        "1234567~1\\,234\\,567",
        "1234567~1 234 567",
        "1024~2^{10}",
        "1024~2^10",
        "12~３×４",
        "3/4~\\frac34",
        "3/4~0.75",
        "3/4~¾",
        "11/4~2 3/4",
        "11/4~2\\frac{3}{4}",
        "11/4~2¾",
        "-11/4~-2\\frac34",
        "1/3~0.333333",
        "2/3~0.666666",
        "0.5~\\frac{1}{2}",
        "2.72~2.718",
        "0.0045~4.5 \\cdot 10^{-3}",
        "4.5e-3~0.0045",
        "35\\%~35",
        "35\\%~35\\%",
        "35\\%~0.35",
        "0.35~35\\%",
        "35~35\\text{ percent}",
        "\\$20~20",
        "20~\\$20.00",
        "\\$20~20 \\text{ dollars}",
        "36~36\\text{ cm}^2",
        "36~36 square meters",
        "1.5\\text{ m}~150\\text{ cm}",
        "1\\text{ m}^2~10000\\text{ cm}^2",
        "36\\text{ km/h}~10\\text{ m/s}",
        "45~45^\\circ",
        "90~90 degrees",
        "5~5 \\text{ apples}",
        "3:4~6:8",
        "3/4~3:4",
        "1, 2~2, 1",
        "1, 2~\\{2, 1, 1\\}",
        "1, 2~x=1 \\text{ or } x=2",
        "1, 2 \\text{ and } 3~1, 2, and 3",
        "(1, 2)~1, 2",
        "(1, 2)~\\left(1,\\,2\\right)",
        "1, 234~1,234",
        "[0, 1)~[0,1)",
        "(a,b)=(4,9)~(4,9)",
        "\\text{Monday}~monday",
        "the red one~Red one",
        "yes~Yes.",
        "B~(B)",
        "B~\\text{B}",
        "B~B: 17",
        "x^2-9~x^{2} - 9",
        "\\sqrt{2}~\\sqrt{2}",
        "9/4~r = \\frac{18}{8} = \\frac{9}{4} \\approx 2.25"
      })
  void acceptsWhatIsEquivalent(String gold, String answer) {
    Verification verification = verifier.verify(boxed(answer), gold, VerifierOptions.strict());
    assertThat(verification.correct()).as(verification.toString()).isTrue();
    assertThat(verification.reason()).isEqualTo(Reason.CORRECT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "42~43",
        "42~-42",
        "42~420",
        "42~41.99999999",
        "42~4 2",
        "42~42 or 43",
        "42~y + 42",
        "42~42x",
        "42~42 \\text{ thousand}",
        "42~2+2=42",
        "x = 42~y = 42",
        "1234~1,23,4",
        "86420~86, 420",
        "3/4~0.7500001",
        "1/3~0.33333",
        "1/3~0.333334333",
        "2.72~2.7",
        "2.72~2.73",
        "0.35~35",
        "35\\%~0.0035",
        "\\$20~20 \\text{ euros}",
        "12\\text{ kg}~12\\text{ km}",
        "1.5\\text{ m}~1.5\\text{ cm}",
        "45^\\circ~\\pi/4",
        "3:4~3:5",
        "3:4:5~3:4",
        "1, 2~1",
        "1, 2~1, 2, 3",
        "(1, 2)~(2, 1)",
        "(1, 2)~\\{1, 2\\}",
        "[0, 1)~[0, 1]",
        "yes~not yes",
        "B~C",
        "B~A, B",
        "B~A) 3 or B) 4",
        "B~Because",
        "4\\sqrt{3}~4",
        "0~\\frac{0}{0}",
        "0~0^0",
        "1~9^{9^{9^{9}}}",
        "5~1e999999999"
      })
  void rejectsWhatIsNot(String gold, String answer) {
    Verification verification = verifier.verify(boxed(answer), gold, VerifierOptions.strict());
    assertThat(verification.correct()).as(verification.toString()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        // response ~ candidate ~ rung
        "\\boxed{1} then \\boxed{2}~2~box",
        "\\fbox{7}~7~box",
        "\\boxed 7.~7~box",
        "\\boxed{\\boxed{7}}~\\boxed{7}~box",
        "\\boxed{3}, \\boxed{4} and \\boxed{5}~3, 4, 5~box",
        "\\boxed{3} or rather \\boxed{4}~4~box",
        "\\boxed{\\{1,2\\}}~\\{1,2\\}~box",
        "\\boxed{35}\\%~35\\%~box",
        "\\boxed{35} in all~35~box",
        "a } b \\boxed{4} }~4~box",
        "#### 1,234~1,234~hash",
        "The answer is 12.5. Bye.~12.5~phrase",
        "the answer is: $x=3$ indeed~x=3~phrase",
        "**Answer:** **73**~73~phrase",
        "Final answer = 9~9~phrase",
        "My answer is 3. No, the answer is 4.~4~phrase",
        "The correct choice is (D)~(D)~phrase",
        "<think>\\boxed{1}</think> \\boxed{2}<|im_end|>~2~box"
      })
  void findsTheCandidate(String response, String candidate, String rung) {
    Verification verification = verifier.verify(response, "1", VerifierOptions.strict());
    assertThat(verification.extracted()).contains(candidate);
    assertThat(verification.rung()).isEqualTo(rung);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "I cannot tell.~NO_ANSWER",
        "It is 42.~NO_ANSWER",
        "\\boxed{42~BAD_BOX",
        "42 \\boxed{}~BAD_BOX",
        "The answer is 42, so \\boxed~BAD_BOX",
        "<think>\\boxed{42}~TRUNCATED",
      })
  void saysWhyThereIsNoCandidate(String response, Reason reason) {
    Verification verification = verifier.verify(response, "42", VerifierOptions.strict());
    assertThat(verification.correct()).isFalse();
    assertThat(verification.reason()).isEqualTo(reason);
    assertThat(verification.extracted()).isEmpty();
    assertThat(verification.rung()).isEqualTo("none");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "42~So it comes to $42$ in all.",
        "42~42",
        "42~Altogether they have 42 apples.",
        "-3~We end at -3 degrees.",
        "35\\%~It is 35 percent.",
        "B~It must be **B**"
      })
  void weakRulesHoldInLenientModeOnly(String gold, String response) {
    VerifierOptions lenient = new VerifierOptions(VerifierOptions.Mode.LENIENT, 0);
    assertThat(verifier.verify(response, gold, lenient).correct()).isTrue();
    assertThat(verifier.verify(response, gold, VerifierOptions.strict()).reason())
        .isEqualTo(Reason.NO_ANSWER);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "42~Integer",
        "1/2~Rational",
        "0.5~Decimal",
        "5\\%~Percent",
        "5 cm~Quantity",
        "1, 2~List",
        "\\{1, 2\\}~Set",
        "(1, 2)~Tuple",
        "[1, 2)~Interval",
        "(0,1)\\cup[2,3]~Union",
        "x+1~Expression",
        "x^2+y^2=1~Equation",
        "x>4~Inequality",
        "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}~Matrix",
        "1021_3~BaseNumeral",
        "1:2~Ratio",
        "C~Choice",
        "blue whale~Text",
        "\\sqrt{2}~ClosedForm",
        "\\frac{1}{\\mathbb{Q}}~Unparsed",
        "Hence \\boxed{9}~Integer",
        "It is $\\frac{1}{2}$ then.~Rational"
      })
  void namesTheTypeOfTheGold(String gold, String type) {
    assertThat(verifier.verify("\\boxed{0}", gold, VerifierOptions.strict()).goldType())
        .isEqualTo(type);
  }

  @ParameterizedTest
  @CsvSource({"1/0:2", "2:1/0", "0^0:1", "3:0^{-1}", "'(1/0:2, 3)'", "x=1/0:2"})
  void aRatioOfTermsWithoutAValueIsWrong(String answer) {
    Verification verification =
        verifier.verify("\\boxed{" + answer + "}", "3", VerifierOptions.strict());
    assertThat(verification.correct()).isFalse();
    assertThat(verification.reason()).isEqualTo(Reason.WRONG);
    assertThat(verification.route()).isEqualTo("undefined");
  }

  @ParameterizedTest
  @CsvSource({"''", "1/0", "'1e99999'", "1/0:2", "'(0^0:1, 2)'"})
  void aGoldThatNothingCouldEqualIsReported(String gold) {
    Verification verification = verifier.verify("\\boxed{1}", gold, VerifierOptions.strict());
    assertThat(verification.correct()).isFalse();
    assertThat(verification.reason()).isEqualTo(Reason.GOLD_UNPARSED);
  }

  @Test
  void labelsOfListsAreNoNumbers() {
    VerifierOptions lenient = new VerifierOptions(VerifierOptions.Mode.LENIENT, 0);
    assertThat(verifier.verify("First it is 42\n2. Then we stop", "42", lenient).correct())
        .isTrue();
    assertThat(verifier.verify("First it is 42 by rule (2)", "42", lenient).correct()).isTrue();
  }

  @Test
  void aGoldTextMayHoldItsAnswerBehindTheMarker() {
    Verification verification =
        verifier.verify("\\boxed{1234}", "So we get it.\n#### 1,234", VerifierOptions.strict());
    assertThat(verification.correct()).isTrue();
    assertThat(verification.goldType()).isEqualTo("Integer");
  }

  @Test
  void limitsAreCounted() {
    assertThat(reason("\\boxed{" + "(".repeat(500) + "1" + ")".repeat(500) + "}", "1"))
        .isEqualTo(Reason.LIMIT);
    assertThat(reason("\\boxed{" + "1".repeat(1500) + "}", "1")).isEqualTo(Reason.LIMIT);
    assertThat(reason("\\boxed{" + "x+".repeat(1500) + "}", "1")).isEqualTo(Reason.LIMIT);
    assertThat(reason("\\boxed{9^{9^{9^{9}}}}", "1")).isEqualTo(Reason.LIMIT);
    assertThat(reason("a".repeat((1 << 20) + 1), "1")).isEqualTo(Reason.LIMIT);
    assertThat(reason("\\boxed{1} ".repeat(5000), "1")).isEqualTo(Reason.LIMIT);
  }

  @Test
  void onlyTheTailOfALongResponseCounts() {
    assertThat(reason("\\boxed{1}" + " a".repeat(40_000), "1")).isEqualTo(Reason.NO_ANSWER);
    assertThat(reason("a ".repeat(40_000) + "\\boxed{1}", "1")).isEqualTo(Reason.CORRECT);
  }

  @ParameterizedTest
  @CsvSource({
    "1024,2^{10},false",
    "1024,1024,true",
    "1024,-(-1024),true",
    "3/4,\\frac{3}{4},true",
    "3/4,\\frac{1+2}{4},false",
    "11/4,2\\frac{3}{4},true",
    "0.75,3/4,true",
    "2\\sqrt{15},\\sqrt{60},true"
  })
  void aNumberMayBeAskedForAsWritten(String gold, String answer, boolean correct) {
    VerifierOptions options = VerifierOptions.strict().withLiteralOnly(true);
    assertThat(verifier.verify(boxed(answer), gold, options).correct()).isEqualTo(correct);
    assertThat(verifier.verify(boxed(answer), gold, VerifierOptions.strict()).correct()).isTrue();
  }

  @Test
  void digitsOfAnApproximationAreAnOption() {
    VerifierOptions three = VerifierOptions.strict().withApproxDigits(3);
    assertThat(verifier.verify(boxed("0.667"), "\\frac{2}{3}", three).correct()).isTrue();
    assertThat(verifier.verify(boxed("0.67"), "\\frac{2}{3}", three).correct()).isFalse();
    assertThat(verifier.verify(boxed("1.41"), "\\sqrt{2}", three).correct()).isTrue();
  }

  @Test
  void everyOptionIsInTheirCanonicalText() {
    VerifierOptions strict = VerifierOptions.strict();
    assertThat(
            List.of(
                strict.canonical(),
                VerifierOptions.lenient().canonical(),
                strict.withSeed(1).canonical(),
                strict.withAnswerTag(true).canonical(),
                strict.withApproxDigits(5).canonical(),
                strict.withLiteralOnly(true).canonical(),
                strict.withBySource(Map.of("a", "math")).canonical()))
        .doesNotHaveDuplicates();
  }

  @Test
  void isFoundByItsName() {
    assertThat(Verifiers.named("math")).get().isInstanceOf(MathVerifier.class);
    assertThat(Verifiers.named("maths")).isEmpty();
  }

  private Reason reason(String response, String gold) {
    return verifier.verify(response, gold, VerifierOptions.strict()).reason();
  }

  private static String boxed(String answer) {
    return "So we have \\boxed{" + answer + "}.";
  }
}
