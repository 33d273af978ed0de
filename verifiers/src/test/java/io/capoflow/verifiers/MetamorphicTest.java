package io.capoflow.verifiers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** What must not change a verdict, and what must (docs/verification-spec.md, 8). */
class MetamorphicTest {
  private final MathVerifier verifier = new MathVerifier();

  @Property
  void everyAnswerEqualsItselfHoweverItIsSetOut(
      @ForAll("closedForms") String answer, @ForAll long seed) {
    VerifierOptions options = VerifierOptions.strict().withSeed(seed);
    for (String spelling :
        List.of(
            answer,
            "$" + answer + "$",
            " " + answer + " . ",
            "\\left(" + answer + "\\right)",
            "\\displaystyle " + answer,
            "x = " + answer,
            "{" + answer + "}",
            answer.replace("+", " + ").replace("\\frac", "\\dfrac"))) {
      assertThat(verifier.verify(boxed(spelling), answer, options).correct())
          .as(spelling + " against " + answer)
          .isTrue();
    }
  }

  @Property
  void noScalarEqualsItsNeighbourItsOppositeOrTenOfIt(@ForAll("closedForms") String answer) {
    Assume.that(!correct("0", answer));
    assertThat(correct("(" + answer + ")+1", answer)).isFalse();
    assertThat(correct("-(" + answer + ")", answer)).isFalse();
    assertThat(correct("10(" + answer + ")", answer)).isFalse();
    assertThat(correct("\\frac{" + answer + "}{100}", answer)).isFalse();
  }

  @Property
  void rewritingAClosedFormChangesNothing(
      @ForAll("closedForms") String answer, @ForAll @IntRange(min = 2, max = 9) int n) {
    for (String rewritten :
        List.of(
            "(" + answer + ")+" + n + "-" + n,
            "\\frac{" + n + "(" + answer + ")}{" + n + "}",
            "-(-(" + answer + "))",
            "\\sqrt{" + n + "}\\cdot\\frac{" + answer + "}{\\sqrt{" + n + "}}",
            "(" + answer + ")(\\sin^2 " + n + "+\\cos^2 " + n + ")")) {
      assertThat(correct(rewritten, answer)).as(rewritten + " against " + answer).isTrue();
      assertThat(correct(answer, rewritten)).as(answer + " against " + rewritten).isTrue();
    }
  }

  @Property
  void equivalenceOfClosedFormsIsSymmetric(
      @ForAll("closedForms") String one, @ForAll("closedForms") String other) {
    assertThat(correct(one, other)).isEqualTo(correct(other, one));
  }

  @Property
  void aPolynomialEqualsItsProductAndNoPolynomialThatDiffersInOneCoefficient(
      @ForAll @Size(min = 1, max = 4) List<@IntRange(min = -9, max = 9) Integer> roots,
      @ForAll @IntRange(min = 0, max = 3) int mutated,
      @ForAll @IntRange(min = 1, max = 5) int by) {
    long[] coefficients = {1};
    StringBuilder product = new StringBuilder();
    for (int root : roots) {
      long[] next = new long[coefficients.length + 1];
      for (int i = 0; i < coefficients.length; i++) {
        next[i + 1] += coefficients[i];
        next[i] -= root * coefficients[i];
      }
      coefficients = next;
      product.append("(x").append(root < 0 ? "+" : "-").append(Math.abs(root)).append(")");
    }
    String expanded = polynomial(coefficients);
    assertThat(correct(product.toString(), expanded)).as(product + " = " + expanded).isTrue();
    assertThat(correct(expanded, product.toString())).isTrue();
    assertThat(correct(expanded.replace('x', 'y'), expanded)).isFalse();
    coefficients[mutated % coefficients.length] += by;
    String other = polynomial(coefficients);
    assertThat(correct(other, expanded)).as(other + " = " + expanded).isFalse();
    assertThat(correct(product.toString(), other)).isFalse();
  }

  @Property
  void aSetIsItsElementsInAnyOrderAndNoOthers(
      @ForAll @Size(min = 2, max = 8) List<@IntRange(min = -50, max = 50) Integer> elements,
      @ForAll Random random) {
    List<Integer> shuffled = new ArrayList<>(elements);
    Collections.shuffle(shuffled, random);
    String gold = "\\{" + joined(elements) + "\\}";
    assertThat(correct("\\{" + joined(shuffled) + "\\}", gold)).isTrue();
    assertThat(correct(joined(shuffled), gold)).isTrue();
    List<Integer> more = new ArrayList<>(shuffled);
    more.add(51);
    assertThat(correct("\\{" + joined(more) + "\\}", gold)).isFalse();
    assertThat(correct("(" + joined(shuffled) + ")", gold)).isFalse();
  }

  @Property
  void anIntervalIsItsEndsAndBrackets(
      @ForAll @IntRange(min = -50, max = 50) int low,
      @ForAll @IntRange(min = 1, max = 50) int length,
      @ForAll boolean lowIncluded,
      @ForAll boolean highIncluded) {
    int high = low + length;
    String open = lowIncluded ? "[" : "(";
    String close = highIncluded ? "]" : ")";
    String gold = open + low + ", " + high + close;
    String inequality =
        low + (lowIncluded ? "\\le" : "<") + " x " + (highIncluded ? "\\leq " : "< ") + high;
    assertThat(correct(gold, gold)).isTrue();
    assertThat(correct(inequality, gold)).as(inequality + " against " + gold).isTrue();
    assertThat(correct(gold, inequality)).isTrue();
    assertThat(correct(open + low + "," + high + (highIncluded ? ")" : "]"), gold)).isFalse();
    assertThat(correct((lowIncluded ? "(" : "[") + low + "," + high + close, gold)).isFalse();
    assertThat(correct(open + low + "," + (high + 1) + close, gold)).isFalse();
  }

  @Property(tries = 3000)
  void fuelIsBoundedAndNoTextThrows(@ForAll("soup") String response, @ForAll("soup") String gold) {
    for (VerifierOptions.Mode mode : VerifierOptions.Mode.values()) {
      VerifierOptions options = new VerifierOptions(mode, 3);
      Verification verification = verifier.verify(boxed(response), gold, options);
      assertThat(verification.reason()).isNotEqualTo(Reason.FAULT);
      Fuel.requireAccounted(verification);
      assertThat(verifier.verify(boxed(response), gold, options)).isEqualTo(verification);
    }
  }

  @Provide
  Arbitrary<String> closedForms() {
    Arbitrary<Integer> n = Arbitraries.integers().between(2, 30);
    return Combinators.combine(n, n, n, Arbitraries.integers().between(0, 9))
        .as(
            (a, b, c, form) ->
                switch (form) {
                  case 0 -> a + "";
                  case 1 -> "\\frac{" + a + "}{" + b + "}";
                  case 2 -> a + "\\sqrt{" + b + "}";
                  case 3 -> "\\frac{" + a + "+\\sqrt{" + b + "}}{" + c + "}";
                  case 4 -> "\\frac{" + a + "\\pi}{" + b + "}";
                  case 5 -> "\\ln " + a + "+" + b;
                  case 6 -> "e^{" + a + "}-" + b;
                  case 7 -> a + "^{" + b + "}+" + c;
                  case 8 -> "\\sin " + a + "+" + b;
                  default -> "\\sqrt[3]{" + a + "}+\\sqrt{" + b + "}";
                });
  }

  @Provide
  Arbitrary<String> soup() {
    return Arbitraries.of(
            ("\\frac{ } { ( ) [ ] \\{ \\} | \\sqrt \\sqrt[3]{ ^ ^{ _ 1 0 2 9 10 999 1e300 0.5 , ; and or"
                    + " + - * / = < > \\le \\ne : % \\% ! \\pi e i x y n \\sin \\cos \\tan^{-1} \\log_ \\ln"
                    + " \\binom{ \\sum_{k=1}^{ \\prod_{k=1}^{ k \\infty \\cup \\setminus \\mathbb{R}"
                    + " \\begin{pmatrix} \\end{pmatrix} & \\\\ \\text{ cm m/s ° ^\\circ \\pm \\mp \\in"
                    + " \\approx \\left( \\right) $ \\$ apples no f(x) \\lfloor \\rfloor \\gcd( ' \\vec{a}"
                    + " \\langle \\rangle ½ ² \\over \\int")
                .split(" ", -1))
        .list()
        .ofMaxSize(20)
        .map(parts -> String.join("", parts));
  }

  private static String polynomial(long[] coefficients) {
    StringBuilder text = new StringBuilder();
    for (int i = coefficients.length - 1; i >= 0; i--) {
      text.append(coefficients[i] < 0 ? "-" : "+").append(Math.abs(coefficients[i]));
      text.append(i == 0 ? "" : "x^{" + i + "}");
    }
    return text.toString();
  }

  private static String joined(List<Integer> elements) {
    return String.join(", ", elements.stream().map(String::valueOf).toList());
  }

  private boolean correct(String answer, String gold) {
    return verifier.verify(boxed(answer), gold, VerifierOptions.strict()).correct();
  }

  private static String boxed(String answer) {
    return "\\boxed{" + answer + "}";
  }
}
