package io.capoflow.pipelines.critiques.card;

import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Writes GitHub-flavoured Markdown in which texts of others stay texts: none of them can end the
 * cell or block that it stands in, become a tag or a link, or hide.
 */
final class Markdown {
  private static final Pattern PLAIN = Pattern.compile("(?! )[A-Za-z0-9_.,:;/@=+()%# -]+(?<! )");
  private static final Pattern BACKTICKS = Pattern.compile("`+");
  private static final String SPECIAL = "&<|\\`*[]#~$";
  private static final int SHORTEST_FENCE = 3;

  private Markdown() {}

  /** A table; a cell is Markdown already. */
  static String table(List<String> header, Collection<List<String>> rows) {
    StringBuilder table = new StringBuilder();
    table.append(line(header));
    table.append(line(header.stream().map(cell -> "---").toList()));
    rows.forEach(row -> table.append(line(row)));
    return table.toString();
  }

  private static String line(List<String> cells) {
    return cells.stream().collect(Collectors.joining(" | ", "| ", " |\n"));
  }

  /** A block of lines as they are, behind a fence that none of them can close. */
  static String fenced(String language, List<String> lines) {
    int longest =
        lines.stream()
            .flatMap(line -> BACKTICKS.matcher(line).results())
            .mapToInt(run -> run.end() - run.start())
            .max()
            .orElse(0);
    String fence = "`".repeat(Math.max(SHORTEST_FENCE, longest + 1));
    return "%s%s\n%s\n%s\n"
        .formatted(
            fence,
            language,
            lines.stream().map(Markdown::visible).collect(Collectors.joining("\n")),
            fence);
  }

  /** A name: as code where its characters allow, else escaped. */
  static String name(String name) {
    return PLAIN.matcher(name).matches() ? "`" + name + "`" : text(name);
  }

  /** A text on one line, without effect. */
  static String text(String text) {
    StringBuilder escaped = new StringBuilder();
    int[] characters = visible(text).codePoints().toArray();
    for (int i = 0; i < characters.length; i++) {
      if (SPECIAL.indexOf(characters[i]) >= 0
          || (characters[i] == '_' && !insideWord(characters, i))) {
        escaped.append("&#").append(characters[i]).append(';');
      } else {
        escaped.appendCodePoint(characters[i]);
      }
    }
    // Addresses become links by themselves.
    return escaped.toString().replace("://", "&#58;//").replace("www.", "www&#46;");
  }

  /** There an underscore emphasises nothing. */
  private static boolean insideWord(int[] characters, int i) {
    return i > 0
        && i + 1 < characters.length
        && Character.isLetterOrDigit(characters[i - 1])
        && Character.isLetterOrDigit(characters[i + 1]);
  }

  /**
   * The text with each character that shows nothing, moves others or breaks a line written as its
   * number.
   */
  static String visible(String text) {
    StringBuilder visible = new StringBuilder();
    text.codePoints()
        .forEach(
            character -> {
              if (isHidden(character)) {
                visible.append(
                    Character.isBmpCodePoint(character)
                        ? "\\u%04x".formatted(character)
                        : "\\U%08x".formatted(character));
              } else {
                visible.appendCodePoint(character);
              }
            });
    return visible.toString();
  }

  /** Whether a character shows nothing, moves others or breaks a line. */
  static boolean isHidden(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }
}
