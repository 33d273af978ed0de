package io.capoflow.verifiers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The verifiers beside {@link MathVerifier}: choice, numeric, text and by_source. */
class PlainVerifiersTest {
  private static final VerifierOptions STRICT = VerifierOptions.strict();
  private static final VerifierOptions LENIENT =
      new VerifierOptions(VerifierOptions.Mode.LENIENT, 0);

  private final ChoiceVerifier choice = new ChoiceVerifier();
  private final NumericVerifier numeric = new NumericVerifier();
  private final ExactTextVerifier text = new ExactTextVerifier();
  private final CompositeVerifier bySource = new CompositeVerifier();

  @Test
  void theyAreFoundByName() {
    assertThat(Verifiers.all().keySet())
        .containsExactly("by_source", "choice", "math", "numeric", "text");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        // gold ~ response
        "C~\\boxed{C}",
        "C~\\boxed{\\text{C}}",
        "C~\\boxed{(C)}",
        "C~\\boxed{c}",
        "C~The answer is (c).",
        "C~The correct option is C) mitochondria",
        "C~The answer is option (C).",
        "C~**Answer:** C",
        "J~#### J",
        "(C)~\\boxed{C}",
        "c~\\boxed{C}",
        "C. Paris~\\boxed{C}",
        "\\boxed{C}~\\boxed{C}"
      })
  void aLetterIsChosen(String gold, String response) {
    Verification verification = choice.verify(response, gold, STRICT);
    assertThat(verification.correct()).as(verification.toString()).isTrue();
    assertThat(verification.goldType()).isEqualTo("Choice");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "C~\\boxed{D}~WRONG",
        "C~\\boxed{C, D}~WRONG",
        "C~\\boxed{A} or \\boxed{C}~WRONG",
        "C~The answer is C or D.~WRONG",
        "A~The answer is a hard one.~WRONG",
        "C~\\boxed{mitochondria}~WRONG",
        "C~I like C best~NO_ANSWER",
        "C~\\boxed{C~BAD_BOX",
        "C~<think>\\boxed{C}~TRUNCATED",
        "K~\\boxed{K}~GOLD_UNPARSED",
        "mitochondria~\\boxed{C}~GOLD_UNPARSED",
        "42~\\boxed{42}~GOLD_UNPARSED",
        "''~\\boxed{C}~GOLD_UNPARSED"
      })
  void anythingElseIsNotChosen(String gold, String response, Reason reason) {
    Verification verification = choice.verify(response, gold, STRICT);
    assertThat(verification.correct()).isFalse();
    assertThat(verification.reason()).as(verification.toString()).isEqualTo(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "18~#### 18",
        "18~#### $18",
        "18~#### 18.00",
        "18~#### 018",
        "18~#### 18 apples",
        "18~#### 18%",
        "18~#### **18**",
        "18~\\boxed{18\\text{ cm}^2}",
        "18~\\boxed{\\$18}",
        "18~\\boxed{6 \\cdot 3 = 18}",
        "18~The answer is 18.",
        "-3~#### −3",
        "-3~#### -$3",
        "1234567~#### 1,234,567",
        "1,234,567~\\boxed{1{,}234{,}567}",
        "2125~#### $2,125",
        "0.5~\\boxed{\\frac{1}{2}}",
        "3/4~#### 6/8",
        "0.75~#### 3/4",
        "0~#### -0",
        "1500~#### 1.5e3",
        "60~#### 60 miles/hour"
      })
  void aLiteralNumberIsRight(String gold, String response) {
    Verification verification = numeric.verify(response, gold, STRICT);
    assertThat(verification.correct()).as(verification.toString()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "18~#### 19~WRONG",
        "18~#### -18~WRONG",
        "18~#### 180~WRONG",
        "18~#### 17.99999999~WRONG",
        "18~\\boxed{6 \\cdot 3}~WRONG",
        "18~#### 18 or 19~WRONG",
        "18~#### 18x~WRONG",
        "18~#### 1 8~WRONG",
        "1234~#### 12,34~WRONG",
        "0.35~#### 35%~WRONG",
        "18~\\boxed{x}~WRONG",
        "1~#### 1/0~WRONG",
        "1~\\boxed{10^{10}}~WRONG",
        "18~no number~NO_ANSWER",
        "x~#### 18~GOLD_UNPARSED",
        "1/0~#### 1~GOLD_UNPARSED",
        "1e99999999999~#### 1~GOLD_UNPARSED"
      })
  void anythingElseIsNoNumber(String gold, String response, Reason reason) {
    Verification verification = numeric.verify(response, gold, STRICT);
    assertThat(verification.correct()).isFalse();
    assertThat(verification.reason()).as(verification.toString()).isEqualTo(reason);
  }

  @Test
  void aGoldTextIsReadAtItsMark() {
    assertThat(numeric.verify("#### 72", "48/2 = 24\n#### 72", STRICT).correct()).isTrue();
  }

  @Test
  void theLastNumberCountsInLenientModeAlone() {
    String response = "So they have 42 apples in 2 bags, 42 in all.";
    assertThat(numeric.verify(response, "42", LENIENT).correct()).isTrue();
    assertThat(numeric.verify(response, "42", STRICT).reason()).isEqualTo(Reason.NO_ANSWER);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "Monday~\\boxed{monday}",
        "Monday~\\boxed{\\text{Monday}.}",
        "the red one~The answer is Red one.",
        "Vitamin A~#### vitamin a",
        "Straße~\\boxed{STRASSE}",
        "ﬁne~\\boxed{fine}",
        "two  words~#### two words!",
        "no~\\boxed{No.}"
      })
  void aTextIsEqualAsAWhole(String gold, String response) {
    Verification verification = text.verify(response, gold, STRICT);
    assertThat(verification.correct()).as(verification.toString()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "Monday~\\boxed{Mondays}",
        "no~\\boxed{no, yes}",
        "no~\\boxed{false}",
        "Vitamin A~\\boxed{Vitamin}",
        "Monday~It is Monday."
      })
  void aPartOfATextIsNotTheText(String gold, String response) {
    assertThat(text.verify(response, gold, STRICT).correct()).isFalse();
  }

  @Test
  void aShortResponseIsTheTextInLenientModeAlone() {
    assertThat(text.verify("Monday.", "monday", LENIENT).correct()).isTrue();
    assertThat(text.verify("Monday.", "monday", STRICT).correct()).isFalse();
    assertThat(text.verify("On\nMonday.", "on monday", LENIENT).correct()).isFalse();
    assertThat(text.verify("\\boxed{}", "\\boxed{}", LENIENT).correct()).isFalse();
  }

  @Test
  void aCandidateBeyondTheLimitIsNotRead() {
    String candidate = "1".repeat(2_001);
    for (Verifier verifier : new Verifier[] {choice, numeric, text}) {
      Verification verification = verifier.verify("\\boxed{" + candidate + "}", "C", STRICT);
      assertThat(verification.reason()).isIn(Reason.LIMIT, Reason.GOLD_UNPARSED);
      assertThat(verification.correct()).isFalse();
    }
    assertThat(numeric.verify("x".repeat((1 << 20) + 1), "1", STRICT).reason())
        .isEqualTo(Reason.LIMIT);
  }

  @Test
  void theSourcePicksTheVerifier() {
    assertThat(bySource.forSource("gsm8k", STRICT)).isInstanceOf(NumericVerifier.class);
    assertThat(bySource.forSource("Idavidrein/gpqa", STRICT)).isInstanceOf(ChoiceVerifier.class);
    assertThat(bySource.forSource("arithmetic", STRICT)).isInstanceOf(MathVerifier.class);
    assertThat(bySource.verify("\\boxed{0.5}", "\\frac12", STRICT).correct()).isTrue();
  }

  @Test
  void theTableOfTheOptionsComesFirst() {
    VerifierOptions options = STRICT.withBySource(Map.of("gsm8k", "math", "*", "text"));
    assertThat(bySource.forSource("gsm8k", options)).isInstanceOf(MathVerifier.class);
    assertThat(bySource.forSource("gpqa", options)).isInstanceOf(ExactTextVerifier.class);
    assertThat(bySource.forSource("", options)).isInstanceOf(ExactTextVerifier.class);
  }

  @Test
  void aTableThatNamesNoVerifierOrThisOneIsRefused() {
    for (String name : new String[] {"maths", "by_source"}) {
      assertThatThrownBy(() -> bySource.forSource("a", STRICT.withBySource(Map.of("a", name))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'" + name + "' for 'a'")
          .hasMessageContaining("choice, math, numeric, text");
    }
  }

  @Test
  void otherVerifiersJudgeEverySourceThemselves() {
    assertThat(numeric.forSource("gpqa", STRICT)).isSameAs(numeric);
  }

  @Test
  void everyOptionChangesTheCanonicalText() {
    assertThat(
            Stream.of(
                    STRICT,
                    LENIENT,
                    new VerifierOptions(VerifierOptions.Mode.STRICT, 1),
                    STRICT.withBySource(Map.of("a", "text")),
                    STRICT.withBySource(Map.of("a", "math")),
                    STRICT.withBySource(Map.of("a4:text", "math")),
                    STRICT.withBySource(Map.of("a", "text", "b", "text")))
                .map(VerifierOptions::canonical))
        .doesNotHaveDuplicates();
    assertThat(STRICT.canonical()).startsWith("mode=strict;seed=0");
  }

  @Test
  void theNormalFormIsWhatIsCompared() {
    assertThat(numeric.normalForm("#### $1,250.50", STRICT)).contains("2501/2");
    assertThat(choice.normalForm("(c)", STRICT)).contains("C");
    assertThat(text.normalForm("The  End.", STRICT)).contains("end");
    assertThat(numeric.normalForm("x", STRICT)).isEmpty();
  }
}
