package io.capoflow.pipelines.critiques.card;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The YAML head of a card: what the Hugging Face hub reads to list a dataset, to show its tables
 * and to load them.
 */
final class CardHead {
  /** The hub's bins: below a thousand rows, and each ten times the one before. */
  private static final List<String> SIZES =
      List.of(
          "n<1K",
          "1K<n<10K",
          "10K<n<100K",
          "100K<n<1M",
          "1M<n<10M",
          "10M<n<100M",
          "100M<n<1B",
          "1B<n<10B",
          "10B<n<100B",
          "100B<n<1T");

  private static final Pattern WORD = Pattern.compile("[a-z][a-z0-9.-]*");

  /** Words that YAML does not take for texts. */
  private static final Set<String> VALUES =
      Set.of("y", "n", "yes", "no", "on", "off", "true", "false", "null");

  private CardHead() {}

  static String of(CardFacts facts, long rows) {
    StringBuilder head = new StringBuilder("---\n");
    head.append("pretty_name: ").append(quoted(facts.name())).append('\n');
    facts.license().ifPresent(license -> head.append("license: ").append(text(license) + "\n"));
    list(head, "language", facts.languages());
    list(head, "annotations_creators", List.of("machine-generated"));
    list(head, "task_categories", List.of("text-generation", "text-classification"));
    head.append("size_categories:\n- ").append(size(rows)).append('\n');
    list(head, "tags", List.of("critiques", "process-supervision", "step-level", "capoflow"));
    if (!facts.tables().isEmpty()) {
      head.append("configs:\n");
    }
    for (CardFacts.TableFolder table : facts.tables()) {
      head.append("- config_name: ").append(text(table.config())).append('\n');
      head.append("  data_files: ").append(quoted(table.folder() + "/*.parquet")).append('\n');
    }
    return head.append("---\n").toString();
  }

  private static void list(StringBuilder head, String key, List<String> values) {
    if (!values.isEmpty()) {
      head.append(key).append(":\n");
      values.forEach(value -> head.append("- ").append(text(value)).append('\n'));
    }
  }

  /** The hub's bin for so many rows. */
  static String size(long rows) {
    long bound = 1_000;
    for (String size : SIZES) {
      if (rows < bound) {
        return size;
      }
      bound *= 10;
    }
    return "n>1T";
  }

  private static String text(String text) {
    return WORD.matcher(text).matches() && !VALUES.contains(text) ? text : quoted(text);
  }

  /** A double-quoted scalar, which YAML reads back as it is. */
  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints()
        .forEach(
            character -> {
              if (character == '"' || character == '\\') {
                quoted.append('\\').appendCodePoint(character);
              } else if (Markdown.isHidden(character)) {
                quoted.append(
                    Character.isBmpCodePoint(character)
                        ? "\\u%04x".formatted(character)
                        : "\\U%08x".formatted(character));
              } else {
                quoted.appendCodePoint(character);
              }
            });
    return quoted.append('"').toString();
  }
}
