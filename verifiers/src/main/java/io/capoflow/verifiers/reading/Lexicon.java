package io.capoflow.verifiers.reading;

import java.util.Map;
import java.util.Set;

/** The spellings that mean the same, or nothing, in an answer. */
public final class Lexicon {
  /** One-letter units: {@code 3\text{ m}} is a length, {@code 3m} a product. */
  static final String UNIT_LETTERS = "mgshlLtK";

  /** Layout without meaning. */
  public static final Set<String> DROPPED_COMMANDS =
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
          "\\nolimits",
          "\\middle",
          "\\mathopen",
          "\\mathclose",
          "\\biggl",
          "\\biggr",
          "\\Biggl",
          "\\Biggr",
          "\\scriptstyle",
          "\\enspace",
          "\\thinspace",
          "\\hspace",
          "\\rm",
          "\\bf",
          "\\it",
          "\\large",
          "\\Large",
          "\\mathstrut");

  /** Commands whose argument is text, a unit or a function's name. */
  public static final Set<String> TEXT_COMMANDS =
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
          "\\textnormal",
          "\\textup",
          "\\rm",
          "\\mathnormal",
          "\\boldsymbol");

  public static final Map<String, String> SYMBOL_OF_COMMAND =
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
          Map.entry("\\ast", "*"),
          Map.entry("\\star", "*"),
          Map.entry("\\approx", "≈"),
          Map.entry("\\simeq", "≈"),
          Map.entry("\\approxeq", "≈"),
          Map.entry("\\mp", "∓"),
          Map.entry("\\in", "∈"),
          Map.entry("\\cup", "∪"),
          Map.entry("\\cap", "∩"),
          Map.entry("\\setminus", "∖"),
          Map.entry("\\backslash", "∖"),
          Map.entry("\\emptyset", "∅"),
          Map.entry("\\varnothing", "∅"),
          Map.entry("\\infty", "∞"),
          Map.entry("\\mid", "|"),
          Map.entry("\\vert", "|"),
          Map.entry("\\lvert", "|"),
          Map.entry("\\rvert", "|"),
          Map.entry("\\lbrack", "["),
          Map.entry("\\rbrack", "]"),
          Map.entry("\\lparen", "("),
          Map.entry("\\rparen", ")"),
          Map.entry("\\prime", "'"),
          Map.entry("\\dbinom", "\\binom"),
          Map.entry("\\tbinom", "\\binom"),
          Map.entry("\\land", "∧"),
          Map.entry("\\wedge", "∧"),
          Map.entry("\\lor", "∨"),
          Map.entry("\\vee", "∨"),
          Map.entry("\\langle", "⟨"),
          Map.entry("\\rangle", "⟩"),
          Map.entry("\\pm", "±"),
          Map.entry("\\colon", ":"),
          Map.entry("\\lbrace", "\\{"),
          Map.entry("\\rbrace", "\\}"),
          Map.entry("\\degree", "°"),
          Map.entry("\\circ", "°"),
          Map.entry("\\percent", "%"));

  public static final Map<Integer, String> SYMBOL_OF_CHARACTER =
      Map.ofEntries(
          Map.entry((int) '−', "-"),
          Map.entry((int) '–', "-"),
          Map.entry((int) '×', "*"),
          Map.entry((int) '·', "*"),
          Map.entry((int) '⋅', "*"),
          Map.entry((int) '÷', "/"),
          Map.entry((int) '⁄', "/"),
          Map.entry((int) '√', "√"),
          Map.entry((int) 'π', "\\pi"),
          Map.entry((int) '‑', "-"),
          Map.entry((int) '－', "-"),
          Map.entry((int) '＋', "+"),
          Map.entry((int) '＝', "="),
          Map.entry((int) '∣', "|"),
          Map.entry((int) '∙', "*"),
          Map.entry((int) '＊', "*"),
          Map.entry((int) '∕', "/"),
          Map.entry((int) '′', "'"),
          Map.entry((int) '’', "'"),
          Map.entry((int) '∨', "∨"),
          Map.entry((int) '∧', "∧"),
          Map.entry((int) '≈', "≈"),
          Map.entry((int) '：', ":"),
          Map.entry((int) '％', "%"),
          Map.entry((int) '（', "("),
          Map.entry((int) '）', ")"));

  public static final Map<Integer, String> FRACTION_OF_CHARACTER =
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

  /** Greek letters as characters: the command's name is the normal form. */
  public static final Map<Integer, String> GREEK_OF_CHARACTER =
      Map.ofEntries(
          Map.entry((int) 'α', "\\alpha"),
          Map.entry((int) 'β', "\\beta"),
          Map.entry((int) 'γ', "\\gamma"),
          Map.entry((int) 'δ', "\\delta"),
          Map.entry((int) 'ε', "\\epsilon"),
          Map.entry((int) 'θ', "\\theta"),
          Map.entry((int) 'λ', "\\lambda"),
          Map.entry((int) 'μ', "\\mu"),
          Map.entry((int) 'ρ', "\\rho"),
          Map.entry((int) 'σ', "\\sigma"),
          Map.entry((int) 'τ', "\\tau"),
          Map.entry((int) 'φ', "\\phi"),
          Map.entry((int) 'ϕ', "\\phi"),
          Map.entry((int) 'ψ', "\\psi"),
          Map.entry((int) 'ω', "\\omega"),
          Map.entry((int) 'Δ', "\\Delta"),
          Map.entry((int) 'Ω', "\\Omega"));

  public static final Set<String> GREEK =
      Set.of(
          "\\alpha",
          "\\beta",
          "\\gamma",
          "\\delta",
          "\\epsilon",
          "\\varepsilon",
          "\\zeta",
          "\\eta",
          "\\theta",
          "\\vartheta",
          "\\iota",
          "\\kappa",
          "\\lambda",
          "\\mu",
          "\\nu",
          "\\xi",
          "\\rho",
          "\\varrho",
          "\\sigma",
          "\\tau",
          "\\upsilon",
          "\\phi",
          "\\varphi",
          "\\chi",
          "\\psi",
          "\\omega",
          "\\Gamma",
          "\\Delta",
          "\\Theta",
          "\\Lambda",
          "\\Xi",
          "\\Phi",
          "\\Psi",
          "\\Omega",
          "\\ell",
          "\\hbar");

  /** Names of functions and constants, in a word, an operator's name or a command. */
  public static final Map<String, String> COMMAND_OF_WORD =
      Map.ofEntries(
          Map.entry("sin", "\\sin"),
          Map.entry("cos", "\\cos"),
          Map.entry("tan", "\\tan"),
          Map.entry("tg", "\\tan"),
          Map.entry("cot", "\\cot"),
          Map.entry("ctg", "\\cot"),
          Map.entry("sec", "\\sec"),
          Map.entry("csc", "\\csc"),
          Map.entry("cosec", "\\csc"),
          Map.entry("arcsin", "\\arcsin"),
          Map.entry("arccos", "\\arccos"),
          Map.entry("arctan", "\\arctan"),
          Map.entry("asin", "\\arcsin"),
          Map.entry("acos", "\\arccos"),
          Map.entry("atan", "\\arctan"),
          Map.entry("arctg", "\\arctan"),
          Map.entry("arccot", "\\arccot"),
          Map.entry("arcsec", "\\arcsec"),
          Map.entry("arccsc", "\\arccsc"),
          Map.entry("sinh", "\\sinh"),
          Map.entry("cosh", "\\cosh"),
          Map.entry("tanh", "\\tanh"),
          Map.entry("exp", "\\exp"),
          Map.entry("ln", "\\ln"),
          Map.entry("lg", "\\lg"),
          Map.entry("log", "\\log"),
          Map.entry("sqrt", "√"),
          Map.entry("abs", "\\abs"),
          Map.entry("floor", "\\floor"),
          Map.entry("ceil", "\\ceil"),
          Map.entry("sgn", "\\sgn"),
          Map.entry("gcd", "\\gcd"),
          Map.entry("lcm", "\\lcm"),
          Map.entry("max", "\\max"),
          Map.entry("min", "\\min"),
          Map.entry("pi", "\\pi"),
          Map.entry("theta", "\\theta"),
          Map.entry("alpha", "\\alpha"),
          Map.entry("beta", "\\beta"),
          Map.entry("gamma", "\\gamma"),
          Map.entry("lambda", "\\lambda"),
          Map.entry("infinity", "∞"),
          Map.entry("inf", "∞"),
          Map.entry("infty", "∞"));

  /** Short words that are no products of letters. */
  public static final Set<String> SHORT_WORDS =
      Set.of(
          ("yes no red odd one two six ten sum all any the an is in on of to at by if it as be do go he"
                  + " we me my up us so men man day not nor for but can cat dog pen car bus egg hen pig"
                  + " cow boy mon tue wed thu fri sat sun jan feb mar apr may jun jul aug sep oct nov"
                  + " dec am pm won tie win bad low top mid set are has was via per out off old new big"
                  + " hat bag bed tea age due end few get his her him how its let now our own say see"
                  + " she too use way who why you ray arc gas ice oil sky sea bob tom sam amy joe jim"
                  + " ann dan ben kim lee non pie mod iff cup jar")
              .split(" ", -1));

  public static final String SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

  public static final Map<String, String> CURRENCY_OF_NAME =
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

  public static final Map<Integer, String> CURRENCY_OF_CHARACTER =
      Map.of((int) '€', "EUR", (int) '£', "GBP", (int) '¥', "JPY", (int) '₹', "INR");

  /** Words that scale the number before them: ignored like a unit, they would change the answer. */
  public static final Set<String> SCALES =
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
