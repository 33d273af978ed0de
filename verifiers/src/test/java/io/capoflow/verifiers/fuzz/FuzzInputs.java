package io.capoflow.verifiers.fuzz;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Structured random inputs: expressions of a small grammar and their respellings, mutations of
 * worked examples, soups of LaTeX tokens, soups of characters, and hostile families at random
 * sizes. Each depends on seed and index alone. Immutable and thread-safe.
 */
public final class FuzzInputs {
  private static final int LARGEST = 1 << 16;

  private static final List<String> TOKENS =
      List.of(
          "\\boxed{",
          "\\boxed",
          "\\fbox{",
          "}",
          "{",
          "\\{",
          "\\}",
          "(",
          ")",
          "[",
          "]",
          "\\frac",
          "\\frac{",
          "\\sqrt",
          "\\sqrt[3]{",
          "^",
          "^{",
          "_",
          "_{",
          "1",
          "0",
          "-1",
          "/0",
          "0^0",
          "23",
          "1,234",
          "1{,}234",
          ".",
          ",",
          "-",
          "+",
          "*",
          "/",
          "=",
          ":",
          ";",
          "%",
          "\\%",
          "\\$",
          "$",
          "$$",
          "&",
          "\\\\",
          "\\text{",
          "\\text{ cm}",
          "\\mathrm{e}",
          "cm",
          " ",
          "\n",
          "\n\n",
          "and",
          "or",
          "x",
          "y",
          "A",
          "(B)",
          "e",
          "i",
          "\\pi",
          "e5",
          "!",
          "!!",
          "|",
          "\\pm",
          "\\in",
          "\\cup",
          "\\infty",
          "\\le",
          "<",
          ">",
          "\\ne",
          "\\sin",
          "\\cos^2",
          "\\log_2",
          "\\ln",
          "\\sum_{k=1}^{9}",
          "\\int_0^1",
          "\\lim_{x\\to0}",
          "\\begin{pmatrix}",
          "\\end{pmatrix}",
          "####",
          "answer is ",
          "The final answer: ",
          "<think>",
          "</think>",
          "<answer>",
          "</answer>",
          "<|im_end|>",
          "\\approx",
          "½",
          "²",
          "√",
          "∞",
          "−",
          "\\(",
          "\\)",
          "\\[",
          "\\]",
          "**",
          "`",
          "\\",
          "😀",
          "１",
          "\\left",
          "\\right",
          "\\,",
          "\\circ",
          "°",
          "f(x)=",
          "x=",
          "1e9",
          "1_2",
          "101_2",
          "\\infty)",
          "]1,2[");

  private static final List<String> FUNCTIONS =
      List.of("\\sin", "\\cos", "\\tan", "\\ln", "\\log", "\\exp", "\\arctan", "\\sqrt");

  private static final List<String> WRAPPERS =
      List.of(
          "So \\boxed{%}.",
          "\\[ x = \\boxed{%} \\]",
          "Work.\n#### %",
          "The final answer is $%$.",
          "**Answer:** %",
          "<think>Let me see, \\boxed{2}.</think> It is \\boxed{%}<|im_end|>",
          "It comes to $%$",
          "\\boxed{%} and \\boxed{3}",
          "\\boxed{%",
          "%");

  private static final List<FuzzInput> EXAMPLES =
      List.of(
          example("First \\boxed{45}, no, \\boxed{47}.", "47"),
          example("The legs are \\boxed{3} and \\boxed{8}.", "3, 8"),
          example("Therefore \\boxed{12", "12"),
          example("<think>\\boxed{1}</think> \\boxed{2}<|im_end|>", "2"),
          example("He pays 3*6=18.\n#### 18", "18"),
          example("The correct option is (C).", "C"),
          example("\\boxed{1{,}234{,}567}", "1234567"),
          example("\\boxed{2\\frac{3}{4}}", "11/4"),
          example("\\boxed{0.333333}", "\\frac{1}{3}"),
          example("\\boxed{4.5 \\cdot 10^{-3}}", "0.0045"),
          example("\\boxed{35}\\%", "0.35"),
          example("\\boxed{\\$20.00}", "20"),
          example("\\boxed{150\\text{ cm}}", "1.5\\text{ m}"),
          example("\\boxed{45^\\circ}", "45"),
          example("\\boxed{\\frac{5\\sqrt6}{6}}", "\\frac{5}{\\sqrt{6}}"),
          example("\\boxed{(x-1)(x+1)}", "x^2-1"),
          example("\\boxed{x^2+2\\sqrt2x+2}", "(x+\\sqrt{2})^2"),
          example("\\boxed{\\cos(2t)}", "1-2\\sin^2 t"),
          example("\\boxed{e^{i\\pi}+1}", "0"),
          example("\\boxed{2x-3y=6}", "4x-6y-12=0"),
          example("\\boxed{x\\ge-2}", "[-2,\\infty)"),
          example("\\boxed{(-\\infty,1)\\cup(2,3]}", "(2,3]\\cup(-\\infty,1)"),
          example("\\boxed{\\left(1,\\,-\\frac12\\right)}", "(1,-0.5)"),
          example("\\boxed{x=3\\text{ or }x=-3}", "\\{3,-3\\}"),
          example("\\boxed{1\\pm\\sqrt{5}}", "1+\\sqrt5, 1-\\sqrt5"),
          example(
              "\\boxed{\\begin{bmatrix}1&2\\\\3&4\\end{bmatrix}}",
              "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}"),
          example("\\boxed{6:8}", "3:4"),
          example("\\boxed{101_2}", "101_{2}"),
          example("\\boxed{\\text{Monday}}", "monday"),
          example("\\boxed{\\sum_{k=1}^{10}k^2}", "385"),
          example("\\boxed{10!}", "3628800"),
          example("\\boxed{\\binom{10}{3}}", "120"),
          example("\\boxed{|x-2|+\\lfloor 2.5\\rfloor}", "|2-x|+2"),
          example("Altogether they have 42 apples.", "42"));

  private final long seed;

  public FuzzInputs(long seed) {
    this.seed = seed;
  }

  /** The input of that index. */
  public FuzzInput at(long index) {
    return new Maker(new SplittableRandom(seed * 0x9E3779B97F4A7C15L + index)).make();
  }

  private static FuzzInput example(String response, String gold) {
    return new FuzzInput("example", response, gold);
  }

  /** Makes one input. */
  private record Maker(SplittableRandom random) {
    FuzzInput make() {
      int lot = random.nextInt(1_000);
      if (lot < 450) {
        return grammar();
      }
      if (lot < 800) {
        return mutation();
      }
      if (lot < 900) {
        return new FuzzInput("tokens", wrapped(soup(40)), soup(12));
      }
      if (lot < 980) {
        return new FuzzInput("characters", characters(200), characters(30));
      }
      return hostile();
    }

    private FuzzInput grammar() {
      String gold = expression(1 + random.nextInt(5));
      String answer =
          switch (random.nextInt(3)) {
            case 0 -> respelled(gold);
            case 1 -> mutated(gold);
            default -> expression(1 + random.nextInt(5));
          };
      return new FuzzInput("grammar", wrapped(answer), gold);
    }

    private FuzzInput mutation() {
      FuzzInput example = EXAMPLES.get(random.nextInt(EXAMPLES.size()));
      String response = example.response();
      String gold = example.gold();
      for (int times = 1 + random.nextInt(6); times > 0; times--) {
        if (random.nextInt(4) == 0) {
          gold = mutated(gold);
        } else {
          response = mutated(response);
        }
      }
      return new FuzzInput("mutation", response, gold);
    }

    private FuzzInput hostile() {
      HostileInputs.Family family =
          HostileInputs.FAMILIES.get(random.nextInt(HostileInputs.FAMILIES.size()));
      // Small sizes are as frequent as large ones: each doubling has the same share.
      int largest = random.nextInt(200) == 0 ? family.usual() : Math.min(family.usual(), LARGEST);
      double share = Math.pow(largest, random.nextDouble());
      FuzzInput input = family.of(Math.max(1, (int) share));
      return random.nextInt(4) == 0
          ? new FuzzInput(input.kind(), input.response(), input.response())
          : input;
    }

    private String wrapped(String answer) {
      return pick(WRAPPERS).replace("%", answer);
    }

    private String expression(int depth) {
      if (depth == 0) {
        return atom();
      }
      String a = expression(random.nextInt(depth));
      String b = expression(random.nextInt(depth));
      return switch (random.nextInt(20)) {
        case 0, 1, 2 -> a + "+" + b;
        case 3, 4 -> a + "-" + b;
        case 5 -> a + "\\cdot " + b;
        case 6, 7 -> "(" + a + ")(" + b + ")";
        case 8, 9 -> "\\frac{" + a + "}{" + b + "}";
        case 10 -> "\\sqrt{" + a + "}";
        case 11 -> "(" + a + ")^{" + b + "}";
        case 12 -> "(" + a + ")^" + random.nextInt(10);
        case 13 -> pick(FUNCTIONS) + "(" + a + ")";
        case 14 -> "(" + a + ", " + b + ")";
        case 15 -> "\\{" + a + ", " + b + "\\}";
        case 16 -> a + pick(List.of("=", "<", "\\le ", ">", "\\in ", ":")) + b;
        case 17 -> "[" + a + "," + b + ")";
        case 18 -> "\\begin{pmatrix}" + a + "&" + b + "\\\\" + b + "&" + a + "\\end{pmatrix}";
        default ->
            pick(List.of("|%|", "\\left(%\\right)", "-%", "%!", "x=%", "%\\%")).replace("%", a);
      };
    }

    private String atom() {
      return switch (random.nextInt(8)) {
        case 0, 1, 2 -> Integer.toString(random.nextInt(-20, 100));
        case 3 -> Long.toString(random.nextLong());
        case 4 -> random.nextInt(100) + "." + random.nextInt(1_000);
        case 5 -> pick(List.of("x", "y", "z", "t", "n", "a"));
        case 6 -> pick(List.of("\\pi", "e", "i", "\\infty", "\\theta", "\\alpha"));
        default ->
            pick(List.of("\\text{ cm}", "5\\text{ km/h}", "\\frac12", "2^{10}", "10^\\circ"));
      };
    }

    private String respelled(String text) {
      return switch (random.nextInt(6)) {
        case 0 -> text.replace("(", "\\left(").replace(")", "\\right)");
        case 1 -> text.replace("+", " + ").replace("-", " - ");
        case 2 -> text.replace("\\frac", "\\dfrac");
        case 3 -> "$" + text + "$";
        case 4 -> text.replace("\\cdot ", "\\times ");
        default -> text;
      };
    }

    private String mutated(String text) {
      int from = random.nextInt(text.length() + 1);
      int to = Math.min(text.length(), from + random.nextInt(12));
      String head = text.substring(0, from);
      String middle = text.substring(from, to);
      String tail = text.substring(to);
      return switch (random.nextInt(9)) {
        case 0 -> head + tail;
        case 1 -> head + middle + middle + tail;
        case 2 -> head + pick(TOKENS) + middle + tail;
        case 3 -> head + pick(TOKENS) + tail;
        case 4 -> head + characters(3) + tail;
        case 5 -> head;
        case 6 -> tail + middle + head;
        case 7 -> head + middle.repeat(random.nextInt(60)) + tail;
        default -> {
          String other = EXAMPLES.get(random.nextInt(EXAMPLES.size())).response();
          yield head + other.substring(random.nextInt(other.length()));
        }
      };
    }

    private String soup(int most) {
      StringBuilder soup = new StringBuilder();
      for (int tokens = random.nextInt(most + 1); tokens > 0; tokens--) {
        soup.append(pick(TOKENS));
      }
      return soup.toString();
    }

    /** Bytes, halves of surrogate pairs, or any code point: what a broken decoder may hand on. */
    private String characters(int most) {
      StringBuilder text = new StringBuilder();
      int range = new int[] {128, 256, 0x3000, 0x10000}[random.nextInt(4)];
      for (int length = random.nextInt(most + 1); length > 0; length--) {
        text.append((char) random.nextInt(range));
      }
      return text.toString();
    }

    private String pick(List<String> texts) {
      return texts.get(random.nextInt(texts.size()));
    }
  }
}
