package io.capoflow.runners.terminal;

import static java.util.Objects.requireNonNull;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;

/**
 * Where a command writes for people. Thread-safe as far as its stream is.
 *
 * @param out where lines go
 * @param interactive whether a line may be rewritten and coloured
 * @param columns width, for what is fitted to it
 */
public record Terminal(PrintStream out, boolean interactive, int columns) {
  /** Set by the launcher when standard output is a terminal. */
  private static final String COLUMNS_PROPERTY = "capoflow.terminal.columns";

  private static final int DEFAULT_COLUMNS = 80;
  private static final String START_OF_EMPTY_LINE = "\r\033[2K";

  /** How a piece of text stands out. */
  public enum Style {
    BOLD("1"),
    DIM("2"),
    RED("31"),
    GREEN("32"),
    YELLOW("33"),
    CYAN("36");

    private final String code;

    Style(String code) {
      this.code = code;
    }
  }

  public Terminal {
    requireNonNull(out, "out");
    if (columns < 1) {
      throw new IllegalArgumentException("columns must be at least 1: " + columns);
    }
  }

  /** Standard output of this process. */
  public static Terminal standardOutput() {
    return of(utf8(FileDescriptor.out), System.getProperty(COLUMNS_PROPERTY, ""), System.getenv());
  }

  /** A stream of this process, written as UTF-8 whatever the locale. */
  public static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }

  /**
   * A terminal as what is known of it says.
   *
   * @param columns the launcher's word that there is one, and how wide; empty where it has none.
   *     Java itself can only tell of standard input and output together.
   */
  static Terminal of(PrintStream out, String columns, Map<String, String> environment) {
    boolean there = !columns.isEmpty();
    boolean plain =
        environment.containsKey("NO_COLOR") || "dumb".equals(environment.getOrDefault("TERM", ""));
    boolean readable = columns.matches("[1-9][0-9]{0,3}");
    return new Terminal(
        out, there && !plain, readable ? Integer.parseInt(columns) : DEFAULT_COLUMNS);
  }

  /** A terminal that takes plain lines only. */
  public static Terminal plain(PrintStream out) {
    return new Terminal(out, false, DEFAULT_COLUMNS);
  }

  /** Writes a line for good. */
  public void line(String text) {
    out.print((interactive ? START_OF_EMPTY_LINE : "") + text + "\n");
    out.flush();
  }

  /** Shows a line that the next one replaces; nothing where lines cannot be rewritten. */
  public void passing(String text) {
    if (interactive) {
      out.print(START_OF_EMPTY_LINE + text);
      out.flush();
    }
  }

  /** The text in a style, or as it is where there are no colours. */
  public String styled(String text, Style style) {
    return interactive ? "\033[" + style.code + "m" + text + "\033[0m" : text;
  }

  /**
   * Text that nobody here wrote, on one line and without a way to command the terminal: control
   * characters, line breaks, invisible and direction-changing characters are shown by their names.
   */
  public static String safe(String text) {
    StringBuilder safe = new StringBuilder(text.length());
    text.codePoints().forEach(character -> appendSafely(safe, character));
    return safe.toString();
  }

  private static void appendSafely(StringBuilder safe, int character) {
    switch (character) {
      case '\n' -> safe.append("\\n");
      case '\r' -> safe.append("\\r");
      case '\t' -> safe.append("\\t");
      default -> {
        switch (Character.getType(character)) {
          case Character.CONTROL,
              Character.FORMAT,
              Character.SURROGATE,
              Character.PRIVATE_USE,
              Character.UNASSIGNED,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR ->
              safe.append(String.format(Locale.ROOT, "\\u{%x}", character));
          default -> safe.appendCodePoint(character);
        }
      }
    }
  }
}
