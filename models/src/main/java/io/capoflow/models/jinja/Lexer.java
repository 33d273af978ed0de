package io.capoflow.models.jinja;

import io.capoflow.models.jinja.Token.Kind;
import io.capoflow.schemas.UserMistake;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Cuts a template into tokens and settles its white space as Jinja2 does with {@code trim_blocks}
 * (the line break after a block tag goes) and {@code lstrip_blocks} (so do the blanks before one
 * that opens a line); a minus sign in a tag takes all white space on its side, a plus sign turns
 * both settings off there. One trailing line break of the template is left out.
 */
final class Lexer {
  /** Longest first, so that no operator hides another. */
  private static final List<String> OPERATORS =
      List.of(
          "**", "//", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{",
          "}", ">", "<", "=", ".", ":", "|", ",", ";");

  private final String name;
  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int position;
  private int line = 1;
  private int lineCountedTo;
  private boolean lineStarts = true;

  private Lexer(String name, String source) {
    this.name = name;
    String lines = source.replace("\r\n", "\n").replace('\r', '\n');
    this.source = lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines;
  }

  /**
   * All tokens of a template, {@link Kind#END} the last.
   *
   * @param name what messages call the template
   * @throws UserMistake when a tag or a string is never closed, or a character is none of Jinja's
   */
  static List<Token> tokens(String name, String source) {
    return new Lexer(name, source).tokens();
  }

  private List<Token> tokens() {
    while (position < source.length()) {
      int tag = nextTag();
      if (tag < 0) {
        addText(source.substring(position));
        position = source.length();
      } else {
        char kind = source.charAt(tag + 1);
        char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
        addText(beforeTag(source.substring(position, tag), kind, sign));
        position = tag + (sign == '-' || sign == '+' ? 3 : 2);
        switch (kind) {
          case '#' -> skipComment(tag);
          case '%' -> tag(tag, Kind.BLOCK_BEGIN, Kind.BLOCK_END, "%}");
          default -> tag(tag, Kind.OUTPUT_BEGIN, Kind.OUTPUT_END, "}}");
        }
      }
    }
    add(Kind.END, "", position);
    return List.copyOf(tokens);
  }

  private int nextTag() {
    for (int at = source.indexOf('{', position); at >= 0; at = source.indexOf('{', at + 1)) {
      if (at + 1 < source.length() && "{%#".indexOf(source.charAt(at + 1)) >= 0) {
        return at;
      }
    }
    return -1;
  }

  /** What is left of the text before a tag. */
  private String beforeTag(String text, char kind, char sign) {
    if (sign == '-') {
      return PythonText.stripTrailing(text, PythonText::isSpace);
    }
    if (sign == '+' || kind == '{') {
      return text;
    }
    int lineStart = text.lastIndexOf('\n') + 1;
    boolean blank = text.substring(lineStart).codePoints().allMatch(PythonText::isSpace);
    return (lineStart > 0 || lineStarts) && blank ? text.substring(0, lineStart) : text;
  }

  private void skipComment(int opening) {
    int end = source.indexOf("#}", position);
    if (end < 0) {
      throw mistake(opening, "a comment is never closed; end it with #}");
    }
    char sign = end > position ? source.charAt(end - 1) : ' ';
    position = end + 2;
    afterTag(true, sign);
  }

  private void tag(int opening, Kind begin, Kind end, String closing) {
    add(begin, source.substring(opening, opening + 2), opening);
    Deque<String> brackets = new ArrayDeque<>();
    while (true) {
      while (position < source.length() && PythonText.isSpace(source.codePointAt(position))) {
        position++;
      }
      if (position >= source.length()) {
        throw mistake(opening, "a tag is never closed; end it with " + closing);
      }
      boolean block = end == Kind.BLOCK_END;
      char sign = source.charAt(position);
      boolean signed =
          (sign == '-' || (sign == '+' && block)) && source.startsWith(closing, position + 1);
      if (brackets.isEmpty() && (signed || source.startsWith(closing, position))) {
        add(end, closing, position);
        position += closing.length() + (signed ? 1 : 0);
        afterTag(block, signed ? sign : ' ');
        return;
      }
      token(brackets);
    }
  }

  /** Skips the white space that a tag takes with it. */
  private void afterTag(boolean block, char sign) {
    int start = position;
    if (sign == '-') {
      while (position < source.length() && PythonText.isSpace(source.charAt(position))) {
        position++;
      }
    } else if (block && sign != '+' && source.startsWith("\n", position)) {
      position++;
    }
    lineStarts = position > start && source.charAt(position - 1) == '\n';
  }

  private void token(Deque<String> brackets) {
    int start = position;
    char first = source.charAt(start);
    if (first == '\'' || first == '"') {
      string(first);
    } else if (first >= '0' && first <= '9') {
      number();
    } else if (first == '_' || Character.isLetter(first)) {
      while (position < source.length() && inName(source.charAt(position))) {
        position++;
      }
      add(Kind.NAME, source.substring(start, position), start);
    } else {
      String operator =
          OPERATORS.stream()
              .filter(candidate -> source.startsWith(candidate, start))
              .findFirst()
              .orElseThrow(() -> mistake(start, "the character " + first + " is none of Jinja's"));
      balance(operator, brackets);
      position += operator.length();
      add(Kind.OPERATOR, operator, start);
    }
  }

  /** Within brackets the end of a tag is none: }} may close two dictionaries. */
  private void balance(String operator, Deque<String> brackets) {
    switch (operator) {
      case "(" -> brackets.push(")");
      case "[" -> brackets.push("]");
      case "{" -> brackets.push("}");
      case ")", "]", "}" -> {
        if (brackets.isEmpty() || !brackets.pop().equals(operator)) {
          throw mistake(position, "there is an unexpected " + operator);
        }
      }
      default -> {}
    }
  }

  private void number() {
    int start = position;
    while (position < source.length() && "0123456789_".indexOf(source.charAt(position)) >= 0) {
      position++;
    }
    boolean ends = position == source.length() || !inName(source.charAt(position));
    boolean fraction =
        source.startsWith(".", position)
            && position + 1 < source.length()
            && Character.isDigit(source.charAt(position + 1));
    String digits = source.substring(start, position).replace("_", "");
    if (!ends || fraction || digits.length() > 18) {
      throw mistake(start, "only whole decimal numbers of at most 18 digits are supported");
    }
    add(Kind.INTEGER, digits, start);
  }

  private static boolean inName(char c) {
    return c == '_' || Character.isLetterOrDigit(c);
  }

  private void string(char quote) {
    int start = position++;
    StringBuilder value = new StringBuilder();
    while (position < source.length() && source.charAt(position) != quote) {
      char c = source.charAt(position++);
      if (c == '\\' && position < source.length()) {
        escape(value);
      } else {
        value.append(c);
      }
    }
    if (position >= source.length()) {
      throw mistake(start, "a string is never closed; end it with " + quote);
    }
    position++;
    add(Kind.STRING, value.toString(), start);
  }

  /** One escape sequence of Python, its backslash read already. */
  private void escape(StringBuilder value) {
    char c = source.charAt(position++);
    switch (c) {
      case '\n' -> {}
      case '\\', '\'', '"' -> value.append(c);
      case 'n' -> value.append('\n');
      case 't' -> value.append('\t');
      case 'r' -> value.append('\r');
      case 'a' -> value.append('\u0007');
      case 'b' -> value.append('\b');
      case 'f' -> value.append('\f');
      case 'v' -> value.append('\u000B');
      case 'x' -> value.appendCodePoint(hexadecimal(2));
      case 'u' -> value.appendCodePoint(hexadecimal(4));
      case 'U' -> value.appendCodePoint(hexadecimal(8));
      case '0', '1', '2', '3', '4', '5', '6', '7', 'N' ->
          throw mistake(position, "the escape sequence \\" + c + " is not supported");
      default -> value.append('\\').append(c);
    }
  }

  private int hexadecimal(int digits) {
    int end = Math.min(source.length(), position + digits);
    String written = source.substring(position, end);
    if (!written.matches("[0-9a-fA-F]{" + digits + "}")
        || Long.parseLong(written, 16) > Character.MAX_CODE_POINT) {
      throw mistake(position, "an escape sequence is not followed by a character's code");
    }
    position = end;
    return Integer.parseInt(written, 16);
  }

  private void addText(String text) {
    if (!text.isEmpty()) {
      add(Kind.TEXT, text, position);
    }
  }

  private void add(Kind kind, String text, int at) {
    tokens.add(new Token(kind, text, lineOf(at)));
  }

  /** Places are asked for in rising order, but for those of mistakes. */
  private int lineOf(int at) {
    for (; lineCountedTo < at; lineCountedTo++) {
      if (source.charAt(lineCountedTo) == '\n') {
        line++;
      }
    }
    return line;
  }

  private UserMistake mistake(int at, String what) {
    long before = source.substring(0, at).chars().filter(c -> c == '\n').count();
    return new UserMistake("%s, line %d: %s".formatted(name, 1 + before, what));
  }
}
