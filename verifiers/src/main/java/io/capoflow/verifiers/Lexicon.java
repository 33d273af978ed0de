package io.capoflow.verifiers;

import java.util.Map;
import java.util.Set;

/** The spellings that mean the same, or nothing, in an answer. */
final class Lexicon {
  /** Layout without meaning. */
  static final Set<String> DROPPED_COMMANDS =
      Set.of(
          "\\left",
          "\\right",
          "\\big",
          "\\Big",
          "\\bigg",
          "\\Bigg",
          "\\bigl",
          "\\bigr",
          "\\Bigl",
          "\\Bigr",
          "\\displaystyle",
          "\\textstyle",
          "\\quad",
          "\\qquad",
          "\\boxed",
          "\\fbox",
          "\\limits",
          "\\mathstrut");

  /** Commands whose argument is text, a unit or a function's name. */
  static final Set<String> TEXT_COMMANDS =
      Set.of(
          "\\text",
          "\\textbf",
          "\\textit",
          "\\textrm",
          "\\texttt",
          "\\textsf",
          "\\mathrm",
          "\\mathbf",
          "\\mathit",
          "\\mathsf",
          "\\mbox",
          "\\hbox",
          "\\operatorname",
          "\\emph",
          "\\bm",
          "\\boldsymbol");

  static final Map<String, String> SYMBOL_OF_COMMAND =
      Map.ofEntries(
          Map.entry("\\dfrac", "\\frac"),
          Map.entry("\\tfrac", "\\frac"),
          Map.entry("\\cfrac", "\\frac"),
          Map.entry("\\leq", "≤"),
          Map.entry("\\le", "≤"),
          Map.entry("\\leqslant", "≤"),
          Map.entry("\\geq", "≥"),
          Map.entry("\\ge", "≥"),
          Map.entry("\\geqslant", "≥"),
          Map.entry("\\neq", "≠"),
          Map.entry("\\ne", "≠"),
          Map.entry("\\lt", "<"),
          Map.entry("\\gt", ">"),
          Map.entry("\\times", "*"),
          Map.entry("\\cdot", "*"),
          Map.entry("\\div", "/"),
          Map.entry("\\approx", "≈"),
          Map.entry("\\simeq", "≈"),
          Map.entry("\\pm", "±"),
          Map.entry("\\colon", ":"),
          Map.entry("\\lbrace", "\\{"),
          Map.entry("\\rbrace", "\\}"),
          Map.entry("\\degree", "°"),
          Map.entry("\\circ", "°"),
          Map.entry("\\percent", "%"));

  static final Map<Integer, String> SYMBOL_OF_CHARACTER =
      Map.ofEntries(
          Map.entry((int) '−', "-"),
          Map.entry((int) '–', "-"),
          Map.entry((int) '×', "*"),
          Map.entry((int) '·', "*"),
          Map.entry((int) '⋅', "*"),
          Map.entry((int) '÷', "/"),
          Map.entry((int) '⁄', "/"),
          Map.entry((int) '√', "\\sqrt"),
          Map.entry((int) 'π', "\\pi"),
          Map.entry((int) '∞', "\\infty"),
          Map.entry((int) '∪', "\\cup"),
          Map.entry((int) '≈', "≈"),
          Map.entry((int) '：', ":"),
          Map.entry((int) '％', "%"),
          Map.entry((int) '（', "("),
          Map.entry((int) '）', ")"));

  static final Map<Integer, String> FRACTION_OF_CHARACTER =
      Map.ofEntries(
          Map.entry((int) '½', "1/2"),
          Map.entry((int) '⅓', "1/3"),
          Map.entry((int) '⅔', "2/3"),
          Map.entry((int) '¼', "1/4"),
          Map.entry((int) '¾', "3/4"),
          Map.entry((int) '⅕', "1/5"),
          Map.entry((int) '⅖', "2/5"),
          Map.entry((int) '⅗', "3/5"),
          Map.entry((int) '⅘', "4/5"),
          Map.entry((int) '⅙', "1/6"),
          Map.entry((int) '⅚', "5/6"),
          Map.entry((int) '⅛', "1/8"),
          Map.entry((int) '⅜', "3/8"),
          Map.entry((int) '⅝', "5/8"),
          Map.entry((int) '⅞', "7/8"));

  static final String SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

  static final Map<String, String> CURRENCY_OF_NAME =
      Map.ofEntries(
          Map.entry("dollar", "USD"),
          Map.entry("dollars", "USD"),
          Map.entry("usd", "USD"),
          Map.entry("us dollars", "USD"),
          Map.entry("euro", "EUR"),
          Map.entry("euros", "EUR"),
          Map.entry("eur", "EUR"),
          Map.entry("pounds sterling", "GBP"),
          Map.entry("gbp", "GBP"),
          Map.entry("yen", "JPY"),
          Map.entry("jpy", "JPY"),
          Map.entry("yuan", "CNY"),
          Map.entry("rupees", "INR"),
          Map.entry("rupee", "INR"));

  static final Map<Integer, String> CURRENCY_OF_CHARACTER =
      Map.of((int) '€', "EUR", (int) '£', "GBP", (int) '¥', "JPY", (int) '₹', "INR");

  /** Words that scale the number before them: ignored like a unit, they would change the answer. */
  static final Set<String> SCALES =
      Set.of(
          "hundred",
          "hundreds",
          "thousand",
          "thousands",
          "million",
          "millions",
          "billion",
          "billions",
          "trillion",
          "trillions",
          "dozen",
          "dozens",
          "score",
          "half",
          "halves",
          "third",
          "thirds",
          "quarter",
          "quarters",
          "percentage points");

  private Lexicon() {}
}
