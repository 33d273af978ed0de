package io.capoflow.verifiers;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.BigRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;

class MathVerifierPropertiesTest {
  private final MathVerifier verifier = new MathVerifier();

  @Property
  void aNumberEqualsItselfAndNoNeighbourOppositeOrMultiple(@ForAll BigInteger number) {
    String gold = number.toString();
    assertThat(correct(number.toString(), gold)).isTrue();
    assertThat(correct(number.add(BigInteger.ONE).toString(), gold)).isFalse();
    if (number.signum() != 0) {
      assertThat(correct(number.negate().toString(), gold)).isFalse();
      assertThat(correct(number.multiply(BigInteger.TEN).toString(), gold)).isFalse();
    }
  }

  @Property
  void aDecimalEqualsItselfAndNoNeighbourOppositeOrMultiple(
      @ForAll @BigRange(min = "-100000", max = "100000") @Scale(4) BigDecimal number) {
    String gold = number.toPlainString();
    assertThat(correct(gold, gold)).isTrue();
    assertThat(correct(number.add(BigDecimal.ONE).toPlainString(), gold)).isFalse();
    Assume.that(number.signum() != 0);
    assertThat(correct(number.negate().toPlainString(), gold)).isFalse();
    assertThat(correct(number.multiply(BigDecimal.TEN).toPlainString(), gold)).isFalse();
  }

  @Property
  void aFractionEqualsItsMultiplesHoweverSpelledAndNoNeighbour(
      @ForAll @IntRange(min = -5000, max = 5000) int numerator,
      @ForAll @IntRange(min = 1, max = 999) int denominator,
      @ForAll @IntRange(min = 1, max = 50) int factor) {
    String gold = "\\frac{" + numerator + "}{" + denominator + "}";
    int a = numerator * factor;
    int b = denominator * factor;
    for (String spelling :
        List.of(
            "\\dfrac{" + a + "}{" + b + "}",
            a + "/" + b,
            "$\\left(\\frac{ " + a + " }{" + b + "}\\right)$",
            "x = " + a + " \\div " + b)) {
      assertThat(correct(spelling, gold)).as(spelling).isTrue();
    }
    assertThat(correct((numerator + denominator) + "/" + denominator, gold)).isFalse();
  }

  @Property
  void equivalenceOfNumbersIsSymmetric(
      @ForAll("numerals") String one, @ForAll("numerals") String other) {
    assertThat(correct(one, other)).isEqualTo(correct(other, one));
  }

  @Property(tries = 5000)
  void everyTextGetsAVerdict(@ForAll("answers") String response, @ForAll("answers") String gold) {
    for (VerifierOptions.Mode mode : VerifierOptions.Mode.values()) {
      VerifierOptions options = new VerifierOptions(mode, 0);
      assertThat(verifier.verify(response, gold, options))
          .isEqualTo(verifier.verify(response, gold, options));
      verifier.verify("\\boxed{" + response + "}", gold, options);
    }
  }

  @Property(tries = 2000)
  void anyStringGetsAVerdict(@ForAll String response, @ForAll String gold) {
    assertThat(verifier.verify(response, gold, VerifierOptions.strict()).reason())
        .isNotEqualTo(Reason.FAULT);
  }

  @Property(tries = 5000)
  void numbersWithoutAValueGetAVerdict(
      @ForAll("operations") String response, @ForAll("operations") String gold) {
    assertThat(
            verifier.verify("\\boxed{" + response + "}", gold, VerifierOptions.strict()).reason())
        .isNotEqualTo(Reason.FAULT);
  }

  @Property(tries = 200)
  void repetitionOfAnythingGetsAVerdict(@ForAll("answers") String part) {
    Assume.that(!part.isEmpty());
    String hostile = part.repeat(60_000 / part.length());
    VerifierOptions lenient = new VerifierOptions(VerifierOptions.Mode.LENIENT, 0);
    Fuel.requireAccounted(verifier.verify(hostile, "1", lenient));
  }

  /** Exact spellings without a point: those with one are read with the gold's precision. */
  @Provide
  Arbitrary<String> numerals() {
    Arbitrary<Integer> small = Arbitraries.integers().between(-12, 12);
    return Combinators.combine(small, Arbitraries.integers().between(1, 6))
        .as((a, b) -> List.of(a + "/" + b, "\\frac{" + a + "}{" + b + "}", a + "", a + ":" + b))
        .flatMap(Arbitraries::of);
  }

  /** Few signs, so that divisions by zero and zeroth powers of zero meet ratios and lists often. */
  @Provide
  Arbitrary<String> operations() {
    return Arbitraries.of("0", "0", "1", "2", "/", ":", "^", "-", ",", "(", ")", "=", "%", "\\frac")
        .list()
        .ofMaxSize(9)
        .map(parts -> String.join("", parts));
  }

  @Provide
  Arbitrary<String> answers() {
    return Arbitraries.oneOf(
            Arbitraries.of(
                "\\boxed{",
                "\\boxed",
                "}",
                "{",
                "\\{",
                "\\}",
                "(",
                ")",
                "[",
                "\\frac",
                "\\sqrt",
                "^",
                "_",
                "1",
                "0",
                "/0",
                "0^0",
                "23",
                "1,234",
                ".",
                ",",
                "-",
                "+",
                "*",
                "/",
                "=",
                ":",
                "%",
                "\\%",
                "\\$",
                "$",
                "\\text{",
                "\\text{ cm}",
                "cm",
                " ",
                "\n",
                "and",
                "x",
                "A",
                "e",
                "e5",
                "####",
                "answer is ",
                "<think>",
                "</think>",
                "\\approx",
                "½",
                "²",
                "\\(",
                "\\)",
                "**",
                "\\",
                "😀",
                "１",
                "∞",
                "\\left"),
            Arbitraries.strings().ofMaxLength(2))
        .list()
        .ofMaxSize(14)
        .map(parts -> String.join("", parts));
  }

  private boolean correct(String answer, String gold) {
    return verifier.verify("\\boxed{" + answer + "}", gold, VerifierOptions.strict()).correct();
  }
}
