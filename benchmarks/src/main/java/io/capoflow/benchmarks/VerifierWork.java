package io.capoflow.benchmarks;

import io.capoflow.schemas.Draws;
import io.capoflow.verifiers.MathVerifier;
import io.capoflow.verifiers.VerifierOptions;
import io.capoflow.verifiers.fuzz.FuzzInput;
import java.util.ArrayList;
import java.util.List;

/**
 * Usual answers by kind, half of them right where there are answers; a {@code kind} says which
 * verdict is due.
 */
final class VerifierWork {
  static final List<String> NAMES =
      List.of(
          "short boxed integers",
          "fractions",
          "polynomials with roots",
          "trigonometry",
          "32k characters, box last",
          "32k characters, box first",
          "32k characters, no answer");

  private static final int PAIRS = 256;
  private static final int LONG = 32_768;
  private static final String RIGHT = "right";
  private static final String WRONG = "wrong";

  private VerifierWork() {}

  /** Always the same pairs. */
  static List<FuzzInput> named(String name) {
    List<FuzzInput> pairs = new ArrayList<>();
    for (int i = 0; i < PAIRS; i++) {
      int a = draw(name, i, 0, 900) + 2;
      int b = draw(name, i, 1, 90) + 2;
      boolean right = i % 2 == 0;
      int off = right ? 0 : 1;
      pairs.add(
          switch (name) {
            case "short boxed integers" ->
                pair(right, "So it is \\boxed{" + (a + off) + "}.", Integer.toString(a));
            case "fractions" ->
                pair(
                    right,
                    "So it is $\\boxed{\\dfrac{" + (3 * a + off) + "}{" + 3 * b + "}}$.",
                    "\\frac{" + a + "}{" + b + "}");
            case "polynomials with roots" ->
                pair(
                    right,
                    "\\[\\boxed{x^2+" + 2 * b + "\\sqrt{" + a + "}x+" + (b * b * a + off) + "}\\]",
                    "(x+" + b + "\\sqrt{" + a + "})^2");
            case "trigonometry" ->
                pair(
                    right,
                    "\\boxed{" + a + "\\cos(2t)+" + (b + off) + "}",
                    a + "-" + 2 * a + "\\sin^2 t+" + b);
            case "32k characters, box last" ->
                pair(right, prose() + "So it is \\boxed{" + (a + off) + "}.", Integer.toString(a));
            case "32k characters, box first" ->
                pair(right, "It is \\boxed{" + (a + off) + "}. " + prose(), Integer.toString(a));
            case "32k characters, no answer" -> pair(false, prose(), Integer.toString(a));
            default -> throw new IllegalArgumentException("no work of the name " + name);
          });
    }
    return pairs;
  }

  /** Share of pairs whose verdict is the one that is due: speed without it says little. */
  static double expectedShare(String name) {
    List<FuzzInput> pairs = named(name);
    long due =
        pairs.stream()
            .filter(
                pair ->
                    new MathVerifier()
                            .verify(pair.response(), pair.gold(), VerifierOptions.strict())
                            .correct()
                        == pair.kind().equals(RIGHT))
            .count();
    return due / (double) pairs.size();
  }

  private static FuzzInput pair(boolean right, String response, String gold) {
    return new FuzzInput(right ? RIGHT : WRONG, response, gold);
  }

  private static String prose() {
    String step =
        "Then $x_{1} + \\frac{2}{3} = 4$, so the sum of both is {larger} than before.\n\n";
    return step.repeat(LONG / step.length());
  }

  private static int draw(String name, int index, int part, int bound) {
    return (int) Long.remainderUnsigned(Draws.bits(Draws.key("work", name, index), part), bound);
  }
}
