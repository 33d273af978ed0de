package io.capoflow.models.critic;

/**
 * A position in a text that moves forward only. Blanks skipped at once are bounded, so that a scan
 * which tries a cursor at every position stays linear.
 */
final class Cursor {
  private static final int MAX_BLANKS = 8;

  private final String text;
  private int position;

  Cursor(String text, int position) {
    this.text = text;
    this.position = position;
  }

  int position() {
    return position;
  }

  boolean atEnd() {
    return position >= text.length();
  }

  /** The character here; only where not {@link #atEnd}. */
  char peek() {
    return text.charAt(position);
  }

  void advance() {
    position++;
  }

  void skipBlanks() {
    for (int i = 0; i < MAX_BLANKS && !atEnd() && Character.isWhitespace(peek()); i++) {
      advance();
    }
  }

  /** Moves past the given text, whatever its case, if it stands here. */
  boolean take(String expected) {
    boolean here = text.regionMatches(true, position, expected, 0, expected.length());
    if (here) {
      position += expected.length();
    }
    return here;
  }

  /** Moves past a run of letters and returns it. */
  String takeLetters() {
    int start = position;
    while (!atEnd() && Character.isLetter(peek())) {
      advance();
    }
    return text.substring(start, position);
  }

  /** Moves past a run of ASCII digits and returns it. */
  String takeDigits() {
    int start = position;
    while (!atEnd() && peek() >= '0' && peek() <= '9') {
      advance();
    }
    return text.substring(start, position);
  }
}
