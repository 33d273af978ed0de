package io.capoflow.models.tensor;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Puts a TorchScript module's text together. A text holds methods, which take {@code self} first,
 * and records: classes that extend {@code NamedTuple}, whose fields have a type and no default.
 * Texts name each other's records and methods freely. Pure.
 */
final class TorchScriptSource {
  private static final Pattern CONSTANT = Pattern.compile("\\$([a-z_]+)");
  private static final Pattern RECORD = Pattern.compile("class (\\w+)\\(NamedTuple\\):");

  private TorchScriptSource() {}

  /** The texts' records, and one module class whose methods are those of the texts, in order. */
  static String assemble(List<String> texts) {
    StringBuilder records = new StringBuilder();
    StringBuilder methods = new StringBuilder();
    boolean inRecord = false;
    for (String line : texts.stream().flatMap(String::lines).toList()) {
      if (!line.isBlank() && !line.startsWith(" ")) {
        inRecord = RECORD.matcher(line).matches();
      }
      if (inRecord) {
        records.append(line).append('\n');
      } else {
        methods.append(line.isBlank() ? "" : "  ").append(line).append('\n');
      }
    }
    return qualify(
        records
            + """
            class Module_(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
            """
            + methods);
  }

  /** Uses of a record's name become those of its full one, by which alone an archive knows it. */
  private static String qualify(String text) {
    String names =
        RECORD
            .matcher(text)
            .results()
            .map(match -> match.group(1))
            .collect(Collectors.joining("|"));
    return names.isEmpty()
        ? text
        : Pattern.compile("(?<!class |[\\w.])(?:" + names + ")\\b")
            .matcher(text)
            .replaceAll("__torch__.$0");
  }

  /** Replaces every {@code $name}. */
  static String substitute(String text, Map<String, String> constants) {
    return CONSTANT
        .matcher(text)
        .replaceAll(
            match -> {
              String value = constants.get(match.group(1));
              if (value == null) {
                throw new IllegalArgumentException("no value for $" + match.group(1));
              }
              return Matcher.quoteReplacement(value);
            });
  }
}
