package io.capoflow.models.decoder;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The files that make up a tokenizer, kept so that a saved model is complete. */
final class TokenizerFiles {
  private static final List<String> NAMES =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "chat_template.jinja");

  private final Map<String, byte[]> contents;

  private TokenizerFiles(Map<String, byte[]> contents) {
    this.contents = contents;
  }

  static TokenizerFiles read(Path directory) {
    Map<String, byte[]> contents = new TreeMap<>();
    try {
      for (String name : NAMES) {
        Path file = directory.resolve(name);
        if (Files.isRegularFile(file)) {
          contents.put(name, Files.readAllBytes(file));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("reading the tokenizer in " + directory, e);
    }
    return new TokenizerFiles(contents);
  }

  void write(Path directory) {
    try {
      Files.createDirectories(directory);
      for (Map.Entry<String, byte[]> file : contents.entrySet()) {
        Files.write(directory.resolve(file.getKey()), file.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing the tokenizer to " + directory, e);
    }
  }
}
