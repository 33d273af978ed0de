package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.reading.Token.Kind;
import java.util.List;

/** Commands of LaTeX, and signs behind a backslash. */
final class CommandLexer {
  private static final String[] SIZED = {"\\left", "\\right", "\\middle"};

  private final Source source;
  private final TokenList tokens;
  private final WordLexer words;
  private final Commas commas;

  CommandLexer(Source source, TokenList tokens, WordLexer words, Commas commas) {
    this.source = source;
    this.tokens = tokens;
    this.words = words;
    this.commas = commas;
  }

  void command(int depth) {
    int end = source.position + 1;
    while (end < source.text.length() && Source.isAsciiLetter(source.text.charAt(end))) {
      end++;
    }
    if (end == source.position + 1) {
      escapedSign();
      return;
    }
    String name = source.text.substring(source.position, end);
    source.position = end;
    switch (name) {
      case "\\frac", "\\dfrac", "\\tfrac", "\\cfrac" -> {
        tokens.add(Kind.COMMAND, "\\frac");
        tokens.expectArguments(2);
        return;
      }
      case "\\binom", "\\dbinom", "\\tbinom" -> {
        tokens.add(Kind.COMMAND, "\\binom");
        tokens.expectArguments(2);
        return;
      }
      case "\\sqrt" -> {
        tokens.add(Kind.COMMAND, name);
        tokens.expectArguments(1);
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
        tokens.add(Kind.COMMAND, "\\mod");
        return;
      }
      case "\\hspace", "\\vspace", "\\phantom", "\\label", "\\tag", "\\color", "\\textcolor" -> {
        source.skipArgument();
        tokens.space();
        return;
      }
      default -> {}
    }
    if (Lexicon.DROPPED_COMMANDS.contains(name)) {
      if (name.endsWith("quad")) {
        tokens.space();
      }
      for (String sized : SIZED) {
        if (name.equals(sized)
            && source.position < source.text.length()
            && source.text.charAt(source.position) == '.') {
          source.position++; // an empty delimiter
        }
      }
    } else if (Lexicon.TEXT_COMMANDS.contains(name)) {
      textArgument(depth);
    } else if ((name.equals("\\circ") || name.equals("\\degree")) && tokens.endsWithCaret()) {
      degree();
    } else if (Lexicon.SYMBOL_OF_COMMAND.containsKey(name)) {
      tokens.add(Kind.SYMBOL, Lexicon.SYMBOL_OF_COMMAND.get(name));
    } else if (Lexicon.GREEK.contains(name)) {
      tokens.add(Kind.LETTER, name);
    } else if (name.equals("\\R")) {
      tokens.add(Kind.COMMAND, "\\mathbb{R}");
    } else {
      String function = Lexicon.COMMAND_OF_WORD.get(name.substring(1));
      tokens.add(Kind.COMMAND, function == null || function.equals("√") ? name : function);
    }
  }

  private void degree() {
    if (tokens.dropCaret()) {
      while (source.position < source.text.length() && source.text.charAt(source.position) == ' ') {
        source.position++;
      }
      if (source.position < source.text.length() && source.text.charAt(source.position) == '}') {
        source.position++;
      }
    }
    tokens.add(Kind.SYMBOL, "°");
  }

  private void environment(String command) {
    int start = source.text.indexOf('{', source.position);
    int end = source.text.indexOf('}', source.position);
    if (start != source.position || end < start) {
      tokens.add(Kind.COMMAND, command);
      return;
    }
    String name = source.text.substring(start + 1, end).strip();
    source.position = end + 1;
    boolean columns = name.equals("array") || name.equals("tabular");
    if (command.equals("\\begin") && columns) {
      source.skipArgument();
    }
    tokens.add(Kind.COMMAND, command + "{" + name + "}");
  }

  /** {@code \mathbb{R}} as one token. */
  private void alphabet(String command) {
    int start = source.position;
    while (start < source.text.length() && source.text.charAt(start) == ' ') {
      start++;
    }
    if (start < source.text.length() && source.text.charAt(start) == '{') {
      int end = source.text.indexOf('}', start);
      if (end > 0) {
        source.position = end + 1;
        tokens.add(
            Kind.COMMAND, command + "{" + source.text.substring(start + 1, end).strip() + "}");
        return;
      }
    } else if (start < source.text.length() && Source.isAsciiLetter(source.text.charAt(start))) {
      source.position = start + 1;
      tokens.add(Kind.COMMAND, command + "{" + source.text.charAt(start) + "}");
      return;
    }
    tokens.add(Kind.COMMAND, command);
  }

  private void escapedSign() {
    char sign =
        source.position + 1 < source.text.length() ? source.text.charAt(source.position + 1) : ' ';
    source.position = Math.min(source.text.length(), source.position + 2);
    switch (sign) {
      case '!' -> {}
      case ',', ';', ':', ' ', '\n', '\t', '(', ')', '[', ']', '/' -> tokens.space();
      case '%' -> tokens.add(Kind.SYMBOL, "%");
      case '$' -> tokens.add(Kind.CURRENCY, "USD");
      case '{', '}' -> tokens.add(Kind.SYMBOL, "\\" + sign);
      case '|' -> tokens.add(Kind.SYMBOL, "‖");
      case '\\' -> row();
      default -> tokens.add(Kind.SYMBOL, "\\" + sign);
    }
  }

  /** The end of a matrix's row, with the space that may be asked for after it. */
  private void row() {
    if (source.position < source.text.length() && source.text.charAt(source.position) == '[') {
      int end = source.text.indexOf(']', source.position);
      int length = end - source.position;
      if (length > 0 && length < 8 && source.text.charAt(end - 1) >= 'a') { // [4pt], [1em]
        source.position = end + 1;
      }
    }
    tokens.add(Kind.SYMBOL, "\\\\");
  }

  /** Text with digits in it is read as if it stood outside; other text is one token. */
  private void textArgument(int depth) {
    while (source.position < source.text.length()
        && Character.isWhitespace(source.text.charAt(source.position))) {
      source.position++;
    }
    if (source.position >= source.text.length() || source.text.charAt(source.position) != '{') {
      return;
    }
    int close = source.closingBrace();
    String content = source.text.substring(source.position + 1, close).strip();
    source.position = Math.min(source.text.length(), close + 1);
    if (isPlain(content)) {
      if (content.length() == 1
          && Lexicon.UNIT_LETTERS.contains(content)
          && tokens.behindNumber()) {
        tokens.add(Kind.TEXT, content);
      } else {
        words.addText(content, true);
      }
      return;
    }
    List<Token> inner = Lexer.inside(content, commas, Lexer.hasLoneDollar(content), depth + 1);
    tokens.space();
    for (Token token : inner) {
      tokens.checkSize();
      if (token.spaced()) {
        tokens.space();
      }
      tokens.add(token.kind(), token.text());
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
}
