package io.capoflow.models.decoder;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.models.chat.ChatTemplate;
import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.text.TokenizerConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * The files that make up a tokenizer, kept so that a saved model is complete: those that the model
 * is used with, which of an adapter may be its own or its base's.
 */
final class TokenizerFiles {
  private final Map<String, byte[]> contents;

  private TokenizerFiles(Map<String, byte[]> contents) {
    this.contents = contents;
  }

  static TokenizerFiles read(ModelDirectory files) {
    Map<String, byte[]> contents = new TreeMap<>();
    Path tokenizer = files.tokenizer();
    put(contents, tokenizer);
    put(contents, tokenizer.resolveSibling(ModelDirectory.ADDED_TOKENS));
    put(contents, files.tokenizerConfigDirectory().resolve(ModelDirectory.TOKENIZER_CONFIG));
    put(contents, files.tokenizerConfigDirectory().resolve(ModelDirectory.SPECIAL_TOKENS));
    putChatTemplate(contents, files);
    return new TokenizerFiles(contents);
  }

  /** The template that {@link ChatTemplate} finds, unless a configuration put above holds it. */
  private static void putChatTemplate(Map<String, byte[]> contents, ModelDirectory files) {
    for (Path directory : files.chatTemplateDirectories()) {
      Path own = directory.resolve(ModelDirectory.CHAT_TEMPLATE);
      if (Files.isRegularFile(own)) {
        put(contents, own);
        return;
      }
      JsonNode configured = TokenizerConfig.read(directory).field("chat_template");
      if (configured.isMissingNode() || configured.isNull()) {
        continue;
      }
      if (!directory.equals(files.tokenizerConfigDirectory())) {
        ChatTemplate.find(files)
            .ifPresent(
                source ->
                    contents.put(
                        ModelDirectory.CHAT_TEMPLATE,
                        source.text().getBytes(StandardCharsets.UTF_8)));
      }
      return;
    }
  }

  private static void put(Map<String, byte[]> contents, Path file) {
    if (Files.isRegularFile(file)) {
      try {
        contents.put(file.getFileName().toString(), Files.readAllBytes(file));
      } catch (IOException e) {
        throw new UncheckedIOException("reading " + file, e);
      }
    }
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
