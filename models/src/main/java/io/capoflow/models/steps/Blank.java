package io.capoflow.models.steps;

/** What counts as white space in a response: Java's notion and Unicode's spaces, as in Python. */
final class Blank {
  private Blank() {}

  static boolean is(int codePoint) {
    return Character.isWhitespace(codePoint) || Character.isSpaceChar(codePoint);
  }
}
