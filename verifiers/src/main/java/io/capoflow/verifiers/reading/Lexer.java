package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.reading.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Turns an answer's text into normalised tokens (VERIFY_SPEC.md, 2). One pass, no regular
 * expressions.
 */
public final class Lexer {
  /** What a comma between digits is. */
  public enum Commas {
    /** {@code 1,234} is one number. */
    THOUSANDS,
    /** {@code 1,234} are two numbers, as a gold answer that is a list has it. */
    LIST,
    /** {@code 3,5} is three and a half. */
    DECIMAL
  }

  /** One-letter units: {@code 3\\text{ m}} is a length, {@code 3m} a product. */
  private static final String UNIT_LETTERS = "mgshlLtK";

  private static final String[] THOUSANDS_SEPARATORS = {
    ",", "{,}", "\\,", "\\;", "\\ ", " ", "\u00a0", "\u202f", "\u2009", "~"
  };

  private static final String[] SIZED = {"\\left", "\\right", "\\middle"};

  private final String text;
  private final Commas commas;
  private final ArrayList<Token> tokens = new ArrayList<>();
  private int position;
  private boolean spaced;
  private boolean dollarsAreCurrency;

  /** How many one-token arguments of {@code \frac} or {@code \sqrt} are still to come. */
  private int due;

  /** Up to where the groups behind each separator are known not to have three digits each. */
  private final int[] ungrouped = new int[THOUSANDS_SEPARATORS.length];

  private final int[] suspended = new int[Budget.DEPTH + 2];
  private int open;

  private Lexer(String text, Commas commas) {
    this.text = text;
    this.commas = commas;
  }

  public static List<Token> tokens(String text, Commas commas) {
    Budget.check(text.length() <= Budget.CANDIDATE_CHARACTERS, "candidate length");
    Lexer lexer = new Lexer(text, commas);
    lexer.dollarsAreCurrency = lexer.hasLoneDollar();
    lexer.run(0);
    return lexer.tokens;
  }

  /** A dollar sign without a partner begins no mathematics. */
  private boolean hasLoneDollar() {
    int dollars = 0;
    for (int i = text.indexOf('$'); i >= 0; i = text.indexOf('$', i + 1)) {
      dollars += i > 0 && text.charAt(i - 1) == '\\' ? 0 : 1;
    }
    return dollars == 1;
  }

  private void run(int depth) {
    Budget.check(depth <= Budget.DEPTH, "depth");
    while (position < text.length()) {
      Budget.check(tokens.size() <= Budget.TOKENS, "tokens");
      char here = text.charAt(position);
      if (here == ' ' || here == '\n' || here == '~') {
        position++;
        spaced = true;
      } else if (here == '\\') {
        command(depth);
      } else if ((here >= '0' && here <= '9') || (here == '.' && digitAt(position + 1) >= 0)) {
        number();
      } else if (isAsciiLetter(here)) {
        word();
      } else if (here < 128) {
        sign(here);
      } else {
        beyondAscii(text.codePointAt(position));
      }
    }
  }

  private void beyondAscii(int here) {
    if (Character.isWhitespace(here) || Character.isSpaceChar(here)) {
      position += Character.charCount(here);
      spaced = true;
    } else if (digit(here) >= 0) {
      number();
    } else if (Lexicon.GREEK_OF_CHARACTER.containsKey(here)) {
      position += Character.charCount(here);
      add(Kind.LETTER, Lexicon.GREEK_OF_CHARACTER.get(here));
    } else if (here == 'ℝ') {
      position++;
      add(Kind.COMMAND, "\\mathbb{R}");
    } else if (here == '°' || here == 'º') {
      position++;
      add(Kind.SYMBOL, "°");
    } else if (Character.isLetter(here) && !Lexicon.SYMBOL_OF_CHARACTER.containsKey(here)) {
      word();
    } else if ((here >= 0xfe00 && here <= 0xfe0f) || here == 0x200b || here == 0xfeff) {
      position++; // selectors and marks that are not seen
    } else {
      sign(here);
    }
  }

  private void add(Kind kind, String normalised) {
    boolean argument = due > 0;
    tokens.add(new Token(kind, normalised, spaced));
    spaced = false;
    if (argument) {
      due--;
    }
  }

  private void command(int depth) {
    int end = position + 1;
    while (end < text.length() && isAsciiLetter(text.charAt(end))) {
      end++;
    }
    if (end == position + 1) {
      escapedSign();
      return;
    }
    String name = text.substring(position, end);
    position = end;
    switch (name) {
      case "\\frac", "\\dfrac", "\\tfrac", "\\cfrac" -> {
        add(Kind.COMMAND, "\\frac");
        due += 2;
        return;
      }
      case "\\binom", "\\dbinom", "\\tbinom" -> {
        add(Kind.COMMAND, "\\binom");
        due += 2;
        return;
      }
      case "\\sqrt" -> {
        add(Kind.COMMAND, name);
        due += 1;
        return;
      }
      case "\\begin", "\\end" -> {
        environment(name);
        return;
      }
      case "\\mathbb", "\\mathcal", "\\mathscr", "\\mathfrak" -> {
        alphabet(name);
        return;
      }
      case "\\pmod", "\\mod", "\\bmod" -> {
        add(Kind.COMMAND, "\\mod");
        return;
      }
      case "\\hspace", "\\vspace", "\\phantom", "\\label", "\\tag", "\\color", "\\textcolor" -> {
        skipArgument();
        spaced = true;
        return;
      }
      default -> {}
    }
    if (Lexicon.DROPPED_COMMANDS.contains(name)) {
      spaced |= name.endsWith("quad");
      for (String sized : SIZED) {
        if (name.equals(sized) && position < text.length() && text.charAt(position) == '.') {
          position++; // an empty delimiter
        }
      }
    } else if (Lexicon.TEXT_COMMANDS.contains(name)) {
      textArgument(depth);
    } else if ((name.equals("\\circ") || name.equals("\\degree")) && endsWithCaret()) {
      degree();
    } else if (Lexicon.SYMBOL_OF_COMMAND.containsKey(name)) {
      add(Kind.SYMBOL, Lexicon.SYMBOL_OF_COMMAND.get(name));
    } else if (Lexicon.GREEK.contains(name)) {
      add(Kind.LETTER, name);
    } else if (name.equals("\\R")) {
      add(Kind.COMMAND, "\\mathbb{R}");
    } else {
      String function = Lexicon.COMMAND_OF_WORD.get(name.substring(1));
      add(Kind.COMMAND, function == null || function.equals("√") ? name : function);
    }
  }

  /** Whether {@code ^} or <code>^{</code> comes last. */
  private boolean endsWithCaret() {
    int last = tokens.size() - 1;
    return last >= 0
        && (tokens.get(last).is("^")
            || (last >= 1 && tokens.get(last).is("{") && tokens.get(last - 1).is("^")));
  }

  private void degree() {
    if (last().is("{")) {
      tokens.remove(tokens.size() - 1);
      open--;
      while (position < text.length() && text.charAt(position) == ' ') {
        position++;
      }
      if (position < text.length() && text.charAt(position) == '}') {
        position++;
      }
    }
    tokens.remove(tokens.size() - 1);
    add(Kind.SYMBOL, "°");
  }

  private void environment(String command) {
    int start = text.indexOf('{', position);
    int end = text.indexOf('}', position);
    if (start != position || end < start) {
      add(Kind.COMMAND, command);
      return;
    }
    String name = text.substring(start + 1, end).strip();
    position = end + 1;
    boolean columns = name.equals("array") || name.equals("tabular");
    if (command.equals("\\begin") && columns) {
      skipArgument();
    }
    add(Kind.COMMAND, command + "{" + name + "}");
  }

  /** {@code \mathbb{R}} as one token. */
  private void alphabet(String command) {
    int start = position;
    while (start < text.length() && text.charAt(start) == ' ') {
      start++;
    }
    if (start < text.length() && text.charAt(start) == '{') {
      int end = text.indexOf('}', start);
      if (end > 0) {
        position = end + 1;
        add(Kind.COMMAND, command + "{" + text.substring(start + 1, end).strip() + "}");
        return;
      }
    } else if (start < text.length() && isAsciiLetter(text.charAt(start))) {
      position = start + 1;
      add(Kind.COMMAND, command + "{" + text.charAt(start) + "}");
      return;
    }
    add(Kind.COMMAND, command);
  }

  private void skipArgument() {
    if (position < text.length() && text.charAt(position) == '{') {
      position = Math.min(text.length(), closingBrace() + 1);
    }
  }

  private void escapedSign() {
    char sign = position + 1 < text.length() ? text.charAt(position + 1) : ' ';
    position = Math.min(text.length(), position + 2);
    switch (sign) {
      case ',', ';', ':', '!', ' ', '\n', '\t', '(', ')', '[', ']', '/' -> spaced |= sign != '!';
      case '%' -> add(Kind.SYMBOL, "%");
      case '$' -> add(Kind.CURRENCY, "USD");
      case '{', '}' -> add(Kind.SYMBOL, "\\" + sign);
      case '|' -> add(Kind.SYMBOL, "‖");
      case '\\' -> row();
      default -> add(Kind.SYMBOL, "\\" + sign);
    }
  }

  /** The end of a matrix's row, with the space that may be asked for after it. */
  private void row() {
    if (position < text.length() && text.charAt(position) == '[') {
      int end = text.indexOf(']', position);
      int length = end - position;
      if (length > 0 && length < 8 && text.charAt(end - 1) >= 'a') { // [4pt], [1em]
        position = end + 1;
      }
    }
    add(Kind.SYMBOL, "\\\\");
  }

  /** Text with digits in it is read as if it stood outside; other text is one token. */
  private void textArgument(int depth) {
    while (position < text.length() && Character.isWhitespace(text.charAt(position))) {
      position++;
    }
    if (position >= text.length() || text.charAt(position) != '{') {
      return;
    }
    int close = closingBrace();
    String content = text.substring(position + 1, close).strip();
    position = Math.min(text.length(), close + 1);
    if (isPlain(content)) {
      if (content.length() == 1 && UNIT_LETTERS.contains(content) && behindNumber()) {
        add(Kind.TEXT, content);
      } else {
        addText(content, true);
      }
      return;
    }
    Lexer inner = new Lexer(content, commas);
    inner.dollarsAreCurrency = inner.hasLoneDollar();
    inner.run(depth + 1);
    spaced = true;
    for (Token token : inner.tokens) {
      Budget.check(tokens.size() <= Budget.TOKENS, "tokens");
      spaced |= token.spaced();
      add(token.kind(), token.text());
    }
  }

  private static boolean isPlain(String content) {
    for (int i = 0; i < content.length(); i++) {
      char c = content.charAt(i);
      if (!Character.isLetter(c) && " -'./".indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }

  private boolean behindNumber() {
    return !tokens.isEmpty()
        && (last().kind() == Kind.NUMBER
            || last().is("}")
            || last().is(")")
            || last().is("/")
            || last().kind() == Kind.TEXT
            || beginsFraction());
  }

  /** Whether an argument of a fraction has just begun. */
  private boolean beginsFraction() {
    int before = tokens.size() - 2;
    return before >= 0
        && last().is("{")
        && (tokens.get(before).is("\\frac")
            || (tokens.get(before).is("}") && before > 0 && lastTextBefore(before)));
  }

  /** Whether words, perhaps with an exponent, stand before the brace. */
  private boolean lastTextBefore(int brace) {
    return tokens.get(brace - 1).kind() == Kind.TEXT
        || (brace > 2 && tokens.get(brace - 2).is("^"));
  }

  private int closingBrace() {
    int depth = 0;
    for (int i = position; i < text.length(); i++) {
      char here = text.charAt(i);
      if (here == '\\') {
        i++;
      } else if (here == '{') {
        depth++;
      } else if (here == '}' && --depth == 0) {
        return i;
      }
    }
    return text.length();
  }

  private void word() {
    int end = position;
    while (end < text.length()
        && (isAsciiLetter(text.charAt(end))
            || (text.charAt(end) > 127
                && Character.isLetter(text.charAt(end))
                && !Lexicon.GREEK_OF_CHARACTER.containsKey((int) text.charAt(end))
                && !Lexicon.SYMBOL_OF_CHARACTER.containsKey((int) text.charAt(end))
                && text.charAt(end) != 'ℝ'
                && text.charAt(end) != 'º'))) {
      end++;
    }
    if (end == position) { // a letter beyond the basic plane
      end += Character.charCount(text.codePointAt(position));
    }
    if (end == position + 1) {
      add(Kind.LETTER, text.substring(position, end));
      position = end;
      return;
    }
    String word = text.substring(position, end);
    position = end;
    addText(word, false);
  }

  /**
   * @param marked whether it stood in a text command
   */
  private void addText(String content, boolean marked) {
    String lower = content.toLowerCase(Locale.ROOT);
    String bare = lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    switch (bare) {
      case "" -> spaced = true;
      case "and", "or" -> add(Kind.SEPARATOR, bare);
      case "percent", "per cent" -> add(Kind.SYMBOL, "%");
      case "degree", "degrees" -> add(Kind.SYMBOL, "°");
      default -> addWord(content, bare, marked);
    }
  }

  private void addWord(String content, String bare, boolean marked) {
    String currency = Lexicon.CURRENCY_OF_NAME.get(bare);
    if (currency != null) {
      add(Kind.CURRENCY, currency);
      return;
    }
    if (content.codePointCount(0, content.length()) == 1) {
      add(Kind.LETTER, content);
      return;
    }
    boolean unit = behindNumber() && Units.named(content).isPresent();
    if (!unit && Lexicon.COMMAND_OF_WORD.containsKey(content)) {
      name(Lexicon.COMMAND_OF_WORD.get(content));
    } else if (marked || unit || !isAscii(content)) {
      add(Kind.TEXT, content);
    } else if (!functionThenLetter(content)) {
      if (isProduct(content, bare)) {
        for (int i = 0; i < content.length(); i++) {
          add(Kind.LETTER, content.substring(i, i + 1));
        }
      } else {
        add(Kind.TEXT, content);
      }
    }
  }

  private void name(String command) {
    if (command.equals("√") || command.equals("∞")) {
      add(Kind.SYMBOL, command);
    } else {
      add(Lexicon.GREEK.contains(command) ? Kind.LETTER : Kind.COMMAND, command);
    }
  }

  /** "sinx". */
  private boolean functionThenLetter(String word) {
    String function = Lexicon.COMMAND_OF_WORD.get(word.substring(0, word.length() - 1));
    if (function == null || function.startsWith("∞") || word.length() < 3) {
      return false;
    }
    name(function);
    add(Kind.LETTER, word.substring(word.length() - 1));
    return true;
  }

  /** "xy", "abc", "wxyz"; but not "no" or "apples". */
  private static boolean isProduct(String word, String lower) {
    if (word.length() <= 3) {
      return !Lexicon.SHORT_WORDS.contains(lower);
    }
    for (int i = 1; i < word.length(); i++) {
      if (word.charAt(i) != word.charAt(i - 1) + 1) {
        return false;
      }
    }
    return true;
  }

  private void sign(int here) {
    position += Character.charCount(here);
    int superscript = Lexicon.SUPERSCRIPTS.indexOf(here);
    if (superscript >= 0 || here == '⁻') {
      superscripts(here);
    } else if (here >= '₀' && here <= '₉') {
      add(Kind.SYMBOL, "_");
      add(Kind.NUMBER, String.valueOf(here - '₀'));
    } else if (here >= 128 && Lexicon.FRACTION_OF_CHARACTER.containsKey(here)) {
      fraction(Lexicon.FRACTION_OF_CHARACTER.get(here));
    } else if (here >= 128 && Lexicon.CURRENCY_OF_CHARACTER.containsKey(here)) {
      add(Kind.CURRENCY, Lexicon.CURRENCY_OF_CHARACTER.get(here));
    } else {
      asciiSign(here);
    }
  }

  private void asciiSign(int here) {
    switch (here) {
      case '\t', '\r', '\f', '`' -> spaced = true;
      case '$' -> {
        if (dollarsAreCurrency && digitAt(position) >= 0) {
          add(Kind.CURRENCY, "USD");
        } else {
          spaced = true;
        }
      }
      case ',' -> add(Kind.SEPARATOR, ",");
      case ';' -> add(Kind.SEPARATOR, ";");
      case '<', '>' -> {
        boolean orEqual = takeIf('=');
        add(Kind.SYMBOL, orEqual ? (here == '<' ? "≤" : "≥") : Character.toString(here));
      }
      case '!' -> add(Kind.SYMBOL, takeIf('=') ? "≠" : "!");
      case '*' -> {
        if (takeIf('*')) {
          boolean power = digitAt(position) >= 0 && behindNumberOrLetter();
          if (power) {
            add(Kind.SYMBOL, "^");
          } // else markdown's bold
        } else {
          add(Kind.SYMBOL, "*");
        }
      }
      case '+', '-' -> {
        if (here == '+' && position < text.length() && text.charAt(position) == '-') {
          position++;
          add(Kind.SYMBOL, "±");
        } else {
          add(Kind.SYMBOL, here == '+' ? "+" : "-");
        }
      }
      case '{' -> {
        Budget.check(open <= Budget.DEPTH, "depth");
        add(Kind.SYMBOL, "{");
        suspended[open++] = due;
        due = 0;
      }
      case '}' -> {
        due = 0;
        add(Kind.SYMBOL, "}");
        due = open > 0 ? suspended[--open] : 0;
      }
      case '[' -> {
        boolean index = due > 0 && !tokens.isEmpty() && last().is("\\sqrt");
        int before = due;
        due = 0;
        add(Kind.SYMBOL, "[");
        if (index) {
          rootIndex();
        }
        due = index ? before : 0;
      }
      default -> {
        String symbol = Lexicon.SYMBOL_OF_CHARACTER.getOrDefault(here, Character.toString(here));
        add(symbol.startsWith("\\") ? Kind.COMMAND : Kind.SYMBOL, symbol);
      }
    }
  }

  /** Everything up to the bracket that closes a root's index. */
  private void rootIndex() {
    int end = text.indexOf(']', position);
    int length = end - position;
    if (length <= 0 || length > 64) {
      return;
    }
    Lexer inner = new Lexer(text.substring(position, end), commas);
    inner.run(1);
    for (Token token : inner.tokens) {
      add(token.kind(), token.text());
    }
    position = end + 1;
    add(Kind.SYMBOL, "]");
  }

  private boolean behindNumberOrLetter() {
    return !tokens.isEmpty()
        && (last().kind() == Kind.NUMBER || last().kind() == Kind.LETTER || last().is(")"));
  }

  private boolean takeIf(char next) {
    boolean taken = position < text.length() && text.charAt(position) == next;
    position += taken ? 1 : 0;
    return taken;
  }

  private void superscripts(int first) {
    add(Kind.SYMBOL, "^");
    StringBuilder digits = new StringBuilder();
    boolean negative = first == '⁻';
    if (!negative) {
      digits.append(Lexicon.SUPERSCRIPTS.indexOf(first));
    }
    while (position < text.length() && Lexicon.SUPERSCRIPTS.indexOf(text.charAt(position)) >= 0) {
      digits.append(Lexicon.SUPERSCRIPTS.indexOf(text.charAt(position)));
      position++;
    }
    add(Kind.SYMBOL, "{");
    if (negative) {
      add(Kind.SYMBOL, "-");
    }
    add(Kind.NUMBER, digits.isEmpty() ? "1" : digits.toString());
    add(Kind.SYMBOL, "}");
  }

  /** As {@code \frac{a}{b}}, so that "2½" is a mixed number. */
  private void fraction(String ratio) {
    add(Kind.COMMAND, "\\frac");
    int slash = ratio.indexOf('/');
    for (String part : new String[] {ratio.substring(0, slash), ratio.substring(slash + 1)}) {
      add(Kind.SYMBOL, "{");
      add(Kind.NUMBER, part);
      add(Kind.SYMBOL, "}");
    }
  }

  private void number() {
    if (due > 0) { // TeX takes one digit for an argument without braces
      int digit = digitAt(position);
      if (digit >= 0) {
        position += Character.charCount(text.codePointAt(position));
        add(Kind.NUMBER, String.valueOf(digit));
        return;
      }
    }
    int start = position;
    while (position < text.length() && isAsciiDigit(text.charAt(position))) {
      position++;
    }
    if (position == text.length() || isPlainEnd(text.charAt(position))) {
      Budget.check(position - start <= Budget.DIGITS, "digits");
      add(Kind.NUMBER, text.substring(start, position));
      return;
    }
    position = start;
    StringBuilder digits = new StringBuilder();
    takeDigits(digits);
    if (commas == Commas.THOUSANDS && !digits.isEmpty() && digits.length() <= 3) {
      takeThousands(digits);
    }
    char point = commas == Commas.DECIMAL ? ',' : '.';
    if (position < text.length() && text.charAt(position) == point && digitAt(position + 1) >= 0) {
      digits.append(digits.isEmpty() ? "0." : ".");
      position++;
      takeDigits(digits);
    }
    takeExponent(digits);
    Budget.check(digits.length() <= Budget.DIGITS + 1, "digits");
    add(Kind.NUMBER, digits.toString());
  }

  /** What cannot go on a number. */
  private static boolean isPlainEnd(char next) {
    return "}+-=^/()]:_&<>*|%".indexOf(next) >= 0;
  }

  private void takeDigits(StringBuilder digits) {
    for (int digit = digitAt(position); digit >= 0; digit = digitAt(position)) {
      digits.append((char) ('0' + digit));
      position += Character.charCount(text.codePointAt(position));
    }
  }

  /** Groups of exactly three digits, all behind the same separator; else there is no grouping. */
  private void takeThousands(StringBuilder digits) {
    for (int i = 0; i < THOUSANDS_SEPARATORS.length; i++) {
      String separator = THOUSANDS_SEPARATORS[i];
      if (position < ungrouped[i]
          || !text.startsWith(separator, position)
          || digitAt(position + separator.length()) < 0
          || (digits.length() == 1 && digits.charAt(0) == '0')) {
        continue;
      }
      StringBuilder grouped = new StringBuilder(digits);
      int start = position;
      int end = position;
      boolean whole = true;
      while (whole && text.startsWith(separator, end) && digitAt(end + separator.length()) >= 0) {
        position = end + separator.length();
        int before = grouped.length();
        takeDigits(grouped);
        whole = grouped.length() == before + 3;
        end = position;
      }
      position = start;
      if (end > start && whole) {
        position = end;
        digits.setLength(0);
        digits.append(grouped);
        return;
      }
      ungrouped[i] = end;
    }
  }

  /** {@code e23}, directly behind the digits and before nothing that would make it a word. */
  private void takeExponent(StringBuilder digits) {
    if (position >= text.length() || "eE".indexOf(text.charAt(position)) < 0) {
      return;
    }
    int signed = position + 1;
    if (signed < text.length() && "+-".indexOf(text.charAt(signed)) >= 0) {
      signed++;
    }
    if (digitAt(signed) < 0) {
      return;
    }
    digits.append('e').append(text, position + 1, signed);
    position = signed;
    takeDigits(digits);
  }

  private Token last() {
    return tokens.get(tokens.size() - 1);
  }

  private int digitAt(int index) {
    return index < text.length() ? digit(text.codePointAt(index)) : -1;
  }

  /** ASCII and full-width digits. */
  private static int digit(int codePoint) {
    if (codePoint >= '0' && codePoint <= '9') {
      return codePoint - '0';
    }
    return codePoint >= '０' && codePoint <= '９' ? codePoint - '０' : -1;
  }

  private static boolean isAsciiDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isAscii(String word) {
    return word.charAt(0) < 128 && word.charAt(word.length() - 1) < 128;
  }

  private static boolean isAsciiLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
}
