package io.capoflow.verifiers.reading;

/** An answer's text, and how far it has been read. */
final class Source {
  final String text;

  /** Moved on by whoever reads. */
  int position;

  Source(String text) {
    this.text = text;
  }

  boolean atEnd() {
    return position >= text.length();
  }

  boolean takeIf(char next) {
    boolean taken = position < text.length() && text.charAt(position) == next;
    position += taken ? 1 : 0;
    return taken;
  }

  /** Behind the argument in braces that begins here, if one does. */
  void skipArgument() {
    if (position < text.length() && text.charAt(position) == '{') {
      position = Math.min(text.length(), closingBrace() + 1);
    }
  }

  /** Where the brace that opens here closes; the text's end where it does not. */
  int closingBrace() {
    int close = Latex.closingBrace(text, position);
    return close < 0 ? text.length() : close;
  }

  /** The digit there, or -1. */
  int digitAt(int index) {
    return index < text.length() ? digit(text.codePointAt(index)) : -1;
  }

  /** ASCII and full-width digits. */
  static int digit(int codePoint) {
    if (codePoint >= '0' && codePoint <= '9') {
      return codePoint - '0';
    }
    return codePoint >= '０' && codePoint <= '９' ? codePoint - '０' : -1;
  }

  static boolean isAsciiDigit(char c) {
    return c >= '0' && c <= '9';
  }

  static boolean isAsciiLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
}
