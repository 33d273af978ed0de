package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.reading.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/** The tokens read so far, and what they make of the next one. */
final class TokenList {
  private final ArrayList<Token> tokens = new ArrayList<>();
  private boolean spaced;

  /** How many one-token arguments of {@code \frac} or {@code \sqrt} are still to come. */
  private int due;

  /** What was due outside each brace that is open. */
  private final int[] suspended = new int[Budget.DEPTH + 2];

  private int open;

  List<Token> list() {
    return tokens;
  }

  void checkSize() {
    Budget.check(tokens.size() <= Budget.TOKENS, "tokens");
  }

  void add(Kind kind, String normalised) {
    boolean argument = due > 0;
    tokens.add(new Token(kind, normalised, spaced));
    spaced = false;
    if (argument) {
      due--;
    }
  }

  /** Blanks stand before the next token. */
  void space() {
    spaced = true;
  }

  /** As many arguments follow. */
  void expectArguments(int count) {
    due += count;
  }

  /** Whether the next token may be a whole argument, as TeX takes one without braces. */
  boolean expectsArgument() {
    return due > 0;
  }

  void openBrace() {
    Budget.check(open <= Budget.DEPTH, "depth");
    add(Kind.SYMBOL, "{");
    suspended[open++] = due;
    due = 0;
  }

  void closeBrace() {
    due = 0;
    add(Kind.SYMBOL, "}");
    due = open > 0 ? suspended[--open] : 0;
  }

  /**
   * An opening bracket; returns the arguments that are still to come if it begins a root's index.
   */
  int openBracket() {
    boolean index = due > 0 && !tokens.isEmpty() && last().is("\\sqrt");
    int outer = index ? due : 0;
    due = 0;
    add(Kind.SYMBOL, "[");
    return outer;
  }

  /** Behind a root's index, its arguments are due again; behind any other bracket, none. */
  void resume(int arguments) {
    due = arguments;
  }

  /** Takes back a caret, and the brace behind it; returns whether there was one. */
  boolean dropCaret() {
    boolean braced = last().is("{");
    if (braced) {
      tokens.remove(tokens.size() - 1);
      open--;
    }
    tokens.remove(tokens.size() - 1);
    return braced;
  }

  Token last() {
    return tokens.get(tokens.size() - 1);
  }

  /** Whether {@code ^} or <code>^{</code> comes last. */
  boolean endsWithCaret() {
    int last = tokens.size() - 1;
    return last >= 0
        && (tokens.get(last).is("^")
            || (last >= 1 && tokens.get(last).is("{") && tokens.get(last - 1).is("^")));
  }

  /** Whether a letter that comes next may be a unit. */
  boolean behindNumber() {
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

  boolean behindNumberOrLetter() {
    return !tokens.isEmpty()
        && (last().kind() == Kind.NUMBER || last().kind() == Kind.LETTER || last().is(")"));
  }
}
