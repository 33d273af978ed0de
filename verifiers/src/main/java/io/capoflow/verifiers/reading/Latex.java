package io.capoflow.verifiers.reading;

/** Where braces and commands of LaTeX end. */
public final class Latex {
  private Latex() {}

  /** The brace that closes the one at an index; -1 where none does. */
  public static int closingBrace(String text, int open) {
    int depth = 0;
    for (int i = open; i < text.length(); i++) {
      char here = text.charAt(i);
      if (here == '\\') {
        i++;
      } else if (here == '{') {
        depth++;
      } else if (here == '}' && --depth == 0) {
        return i;
      }
    }
    return -1;
  }

  /** Behind the name of the command whose backslash stands at an index. */
  public static int commandEnd(String text, int backslash) {
    int end = backslash + 1;
    while (end < text.length() && Character.isLetter(text.charAt(end))) {
      end++;
    }
    return end;
  }
}
