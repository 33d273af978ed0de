package io.capoflow.verifiers.fuzz;

import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The worst inputs that are known by name: texts that make other verifiers hang, overflow their
 * stack or fill the memory. Immutable.
 */
public final class HostileInputs {
  private HostileInputs() {}

  /**
   * A family of inputs that grow.
   *
   * @param usual size at which the family has its name: its worst, as far as is known
   */
  record Family(String name, int usual, IntFunction<FuzzInput> maker) {
    FuzzInput of(int size) {
      return maker.apply(size);
    }
  }

  static final List<Family> FAMILIES =
      List.of(
          boxed("power tower", 30, n -> "9^{".repeat(n) + "9" + "}".repeat(n), "1"),
          boxed("tower of squares", 40, n -> "(".repeat(n) + "7" + ")^{2}".repeat(n), "7"),
          boxed("power against power", 9, n -> "3^{-" + "9".repeat(n) + "}", "3^{-" + "91" + "}"),
          boxed("deep parentheses", 480, n -> "(".repeat(n) + "1" + ")".repeat(n), "1"),
          boxed(
              "deep fractions",
              160,
              n -> "\\frac{1}{1+".repeat(n) + "1" + "}".repeat(n),
              "\\frac{1+\\sqrt{5}}{2}"),
          boxed("deep roots", 190, n -> "\\sqrt{2+".repeat(n) + "2" + "}".repeat(n), "2"),
          boxed("huge literal", 1_990, n -> "7".repeat(n), "7".repeat(999)),
          boxed("huge decimal", 1_990, n -> "0." + "3".repeat(n), "\\frac{1}{3}"),
          boxed("huge exponent", 900, n -> "1e" + "9".repeat(n), "1"),
          boxed("factorials", 6, n -> "9".repeat(n) + "!", "1"),
          boxed("factorial of factorials", 60, n -> "9" + "!".repeat(n), "9!"),
          boxed("expansion", 200, n -> "(x+y+z+w)^{" + n + "}", "(w+z+y+x)^{200}"),
          boxed("expansion apart", 200, n -> "(x+y+z+w)^{" + n + "}", "(x+y+z-w)^{200}"),
          boxed("long sum", 300, n -> "x+".repeat(n) + "x", "301x"),
          boxed("long product", 240, n -> "(x+1)".repeat(n), "(x+1)^{240}"),
          boxed(
              "sum of a thousand terms",
              1_000,
              n -> "\\sum_{k=1}^{" + n + "}\\frac{1}{k}",
              "\\sum_{k=1}^{1000}\\frac{1}{k}"),
          boxed(
              "sum of sums",
              1_000,
              n -> "\\sum_{k=1}^{" + n + "}\\sum_{m=1}^{" + n + "}\\frac{1}{k+m}",
              "\\sum_{k=1}^{100}\\sum_{m=1}^{100}\\frac{1}{m+k}"),
          boxed(
              "sums in sums",
              40,
              n -> "\\sum_{k=1}^{2}".repeat(n) + "k",
              "\\sum_{k=1}^{2}".repeat(20) + "k"),
          boxed(
              "sum of sines",
              1_000,
              n -> "\\sum_{k=1}^{" + n + "}\\sin k",
              "\\frac{\\sin(500)\\sin(1001/2)}{\\sin(1/2)}"),
          boxed(
              "sum of roots",
              1_000,
              n -> "\\sum_{k=1}^{" + n + "}\\sqrt[7]{k}",
              "\\sum_{k=0}^{999}\\sqrt[7]{k+1}"),
          boxed(
              "sum of complex powers",
              1_000,
              n -> "\\sum_{k=1}^{" + n + "}e^{ikx}",
              "\\sum_{k=0}^{999}e^{ix(k+1)}"),
          boxed(
              "sum of huge denominators",
              1_000,
              n -> "\\sum_{k=1}^{" + n + "}\\frac{k}{7^{900}+k}",
              "\\sum_{k=0}^{999}\\frac{k+1}{7^{900}+k+1}"),
          boxed(
              "sum of binomials",
              1_000,
              n -> "\\sum_{k=0}^{" + n + "}\\binom{" + n + "}{k}",
              "2^{1000}"),
          boxed(
              "product of a thousand factors",
              1_000,
              n -> "\\prod_{k=1}^{" + n + "}(x-\\sqrt{k})",
              "\\prod_{k=0}^{999}(x-\\sqrt{k+1})"),
          boxed(
              "sums in brackets",
              50,
              n -> "(".repeat(n) + "\\sum_{k=1}^{1000}\\frac{1}{k}" + ")".repeat(n),
              "7.48547"),
          boxed(
              "common multiples",
              90,
              n -> "\\lcm(" + joined(n, ",", i -> 2 * i + 3 + "^{800}") + ")",
              "1"),
          boxed(
              "common divisors",
              90,
              n -> "\\gcd(" + joined(n, ",", i -> "6^{1500}+6^{" + (i + 1_000) + "}") + ")",
              "6"),
          boxed(
              "roots of large powers",
              90,
              n -> joined(n, "+", i -> "\\sqrt[3]{8^{" + (1_300 - i) + "}}"),
              "8"),
          boxed(
              "whole parts of long decimals",
              450,
              n ->
                  "\\sum_{k=1}^{1000}\\sum_{j=1}^{7}\\lfloor\\max(3."
                      + "7".repeat(n)
                      + ",3."
                      + "1".repeat(n)
                      + ")\\rfloor",
              "21000"),
          boxed(
              "unknowns of running indices",
              1_000,
              n -> "\\sum_{k=1}^{" + n + "}\\sum_{j=1}^{" + n + "}a_kb_{j+1}",
              "\\sum_{k=1}^{90}a_k\\sum_{j=2}^{91}b_j"),
          boxed(
              "functions of running indices",
              150,
              n -> "\\sum_{k=1}^{9}".repeat(20) + "f(".repeat(n) + "k" + ")".repeat(n),
              "\\sum_{k=1}^{9}f(f(k))"),
          boxed(
              "binomials",
              60,
              n -> joined(n, "+", i -> "\\binom{" + (20_000 + i) + "}{9999}"),
              "1"),
          boxed(
              "tower of variables",
              50,
              n -> "x^{".repeat(n) + "x" + "}".repeat(n),
              "x^{".repeat(50) + "x" + "}".repeat(50) + "+0"),
          boxed("tower without braces", 900, n -> "1.01" + "^2".repeat(n), "1.01"),
          boxed(
              "complex power",
              8,
              n -> "(1+0.01i)^{" + "9".repeat(n) + "}",
              "(1+0.01i)^{9999999}+0"),
          boxed(
              "sines against sines",
              120,
              n -> joined(n, "+", i -> "\\sin(" + i + "x)"),
              joined(120, "+", i -> "\\sin(" + (119 - i) + "x)")),
          boxed(
              "brackets around much",
              58,
              n -> "(".repeat(n) + "x+".repeat(400) + "1" + ")".repeat(n),
              "400x+1"),
          boxed("many signs", 300, n -> "1" + "\\pm 1".repeat(n), "1"),
          boxed("long list", 600, n -> "1," + "2,".repeat(n) + "3", "1, 2, 3"),
          boxed("nested lists", 300, n -> "(".repeat(n) + "1,2" + ")".repeat(n), "(1,2)"),
          boxed("minus signs", 1_900, n -> "-".repeat(n) + "1", "1"),
          boxed(
              "trigonometry inside itself",
              200,
              n -> "\\sin(".repeat(n) + "x" + ")".repeat(n),
              "\\sin x"),
          boxed(
              "large matrix",
              30,
              n -> "\\begin{pmatrix}" + ("1&".repeat(n) + "1\\\\").repeat(15) + "\\end{pmatrix}",
              "\\begin{pmatrix}1\\end{pmatrix}"),
          boxed(
              "powers at the limit",
              200,
              n -> "9^{999}\\cdot ".repeat(Math.min(n, 150)) + "1",
              "1"),
          boxed(
              "sum of unlike fractions",
              140,
              n -> joined(Math.min(n, 140), "+", i -> "\\frac1{" + (101 + 2 * i) + "}"),
              "1"),
          boxed(
              "list of polynomials",
              64,
              n -> joined(Math.min(n, 64), ",", i -> "(x+" + i + ")^2"),
              joined(64, ",", i -> "x^2+" + 2 * (63 - i) + "x+" + (63 - i) * (63 - i))),
          boxed(
              "list of equations",
              64,
              n -> joined(Math.min(n, 64), ",", i -> "\\sin x=" + i),
              joined(64, ",", i -> "\\sin x=" + (63 - i))),
          boxed(
              "list of long decimals",
              60,
              n -> joined(Math.min(n, 60), ",", i -> "0.1000000000000000000000" + (100 + i)),
              joined(60, ",", i -> "0.1000000000000000000000" + (159 - i))),
          boxed(
              "list of lengths",
              64,
              n -> joined(Math.min(n, 64), ",", i -> i + ".5\\text{ cm}"),
              joined(64, ",", i -> "0." + (630 - 10 * i) + "5\\text{ m}")),
          boxed(
              "list of words",
              64,
              n -> joined(Math.min(n, 64), ",", i -> "apple " + (char) ('a' + i % 26) + "word"),
              joined(64, ",", i -> "pear " + (char) ('a' + i % 26) + "word")),
          boxed(
              "union of intervals",
              50,
              n -> joined(n, "\\cup ", i -> "(\\sqrt{" + 2 * i + "},\\sqrt{" + (2 * i + 1) + "})"),
              joined(
                  50,
                  "\\cup ",
                  i -> "(\\sqrt{" + (98 - 2 * i) + "},\\sqrt{" + (99 - 2 * i) + "})")),
          boxed(
              "everything but points",
              60,
              n ->
                  "\\mathbb{R}\\setminus\\{"
                      + joined(n, ",", i -> "\\sqrt{" + (i * i + 2) + "}")
                      + "\\}",
              "\\mathbb{R}"),
          boxed(
              "chain of inequalities", 90, n -> joined(n, "<", i -> "\\sin " + (i + 2) + "x"), "x"),
          boxed("chain of equations", 300, n -> "x=".repeat(n) + "1", "1"),
          boxed("groups of digits", 500, n -> "1 222".repeat(n), "1"),
          boxed("pairs in a list", 900, n -> "1,2,".repeat(n), "1,2"),
          boxed("texts in texts", 60, n -> "\\text{1 ".repeat(n) + "}".repeat(n), "1"),
          boxed("bars", 900, n -> "|x".repeat(n), "x"),
          boxed("letters of other alphabets", 1_900, n -> "é中Ж".repeat(n).substring(0, n), "b"),
          boxed("full-width digits", 990, n -> "１".repeat(n), "1"),
          boxed("characters that are not seen", 1_900, n -> "1" + "\u200b".repeat(n), "1"),
          boxed("letters beyond the basic plane", 900, n -> "𝑥".repeat(n), "x"),
          family("answers by phrase", 1 << 16, n -> "The answer is 1. ".repeat(n / 17), "1"),
          family("phrases about options", 1 << 16, n -> "correct option ".repeat(n / 15), "A"),
          family("hashes", 1 << 16, n -> "#### 1\n".repeat(n / 7), "1"),
          family("pieces of mathematics", 1 << 16, n -> "$1$ ".repeat(n / 4), "1"),
          family("boxes among prose", 1 << 16, n -> "so \\boxed{1} is ".repeat(n / 16), "1"),
          family("open mathematics", 1 << 16, n -> "\\(".repeat(n / 2), "1"),
          family("letters in brackets", 1 << 16, n -> "(A) ".repeat(n / 4), "B"),
          family("open braces", 1 << 20, n -> "{".repeat(n), "1"),
          family("closing braces", 1 << 20, n -> "}".repeat(n) + "\\boxed{1}", "1"),
          family("braces in pairs", 1 << 19, n -> "{}".repeat(n), "1"),
          family("megabytes of braces", 4 << 20, n -> "{".repeat(n) + "}", "1"),
          family("boxes in boxes", 60_000, n -> "\\boxed{".repeat(n / 7) + "1", "1"),
          family("boxes in a row", 64_000, n -> "\\boxed{1},".repeat(n / 10), "1"),
          family("backslashes", 1 << 20, n -> "\\".repeat(n), "1"),
          family("dollar signs", 1 << 16, n -> "$".repeat(n), "1"),
          family("answers", 1 << 16, n -> "answer ".repeat(n / 7), "1"),
          family("answers that are", 1 << 16, n -> "answer is ".repeat(n / 10), "1"),
          family("thoughts", 1 << 16, n -> "</think>".repeat(n / 8), "1"),
          family("ends of turns", 1 << 16, n -> "</s>".repeat(n / 4), "1"),
          family("digits", 1 << 16, n -> "1".repeat(n), "1"),
          family("numbers that are none", 1 << 16, n -> "a1".repeat(n / 2), "1"),
          family("blanks", 1 << 20, n -> " ".repeat(n), "1"),
          family("surrogates without a partner", 1 << 16, n -> "\ud83d".repeat(n), "1"),
          family("combining marks", 1 << 16, n -> "e" + "\u0301".repeat(n), "1"));

  /** Every family at its worst. */
  public static List<FuzzInput> all() {
    return FAMILIES.stream().map(family -> family.of(family.usual())).toList();
  }

  private static Family boxed(String name, int usual, IntFunction<String> answer, String gold) {
    return family(name, usual, size -> "So it is \\boxed{" + answer.apply(size) + "}.", gold);
  }

  private static String joined(int count, String joint, IntFunction<String> part) {
    return IntStream.range(0, count).mapToObj(part).collect(Collectors.joining(joint));
  }

  private static Family family(String name, int usual, IntFunction<String> response, String gold) {
    return new Family(name, usual, size -> new FuzzInput(name, response.apply(size), gold));
  }
}
