package io.capoflow.models.tensor;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Puts a TorchScript module's text together. Pure. */
final class TorchScriptSource {
  private static final Pattern CONSTANT = Pattern.compile("\\$([a-z_]+)");

  private TorchScriptSource() {}

  /** One module class whose methods are those of the texts, in order. */
  static String assemble(List<String> texts) {
    String methods =
        texts.stream()
            .flatMap(String::lines)
            .map(line -> line.isBlank() ? "" : "  " + line)
            .collect(Collectors.joining("\n"));
    return """
    class Module_(Module):
      __parameters__ = []
      __buffers__ = []
      training : bool
    """
        + methods
        + "\n";
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
