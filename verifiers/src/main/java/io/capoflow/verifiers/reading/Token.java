package io.capoflow.verifiers.reading;

/**
 * One token of an answer.
 *
 * @param text normalised: the spelling that all equal spellings share
 * @param spaced whether blanks stand before it
 */
public record Token(Kind kind, String text, boolean spaced) {
  /** What a token is. */
  public enum Kind {
    /** Digits with at most one point, thousands separators removed, and perhaps an exponent. */
    NUMBER,
    /** A variable's or constant's name: one letter, or a command such as {@code \theta}. */
    LETTER,
    /** A word, or what stands in {@code \text{…}}. */
    TEXT,
    /** A LaTeX command, with its backslash. */
    COMMAND,
    /** A currency's name or sign, as an ISO code. */
    CURRENCY,
    /** A comma, a semicolon, "and" or "or". */
    SEPARATOR,
    /** Any other sign. */
    SYMBOL
  }

  public boolean is(String symbol) {
    return (kind == Kind.SYMBOL || kind == Kind.COMMAND) && text.equals(symbol);
  }
}
