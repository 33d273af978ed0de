package io.capoflow.models.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a checkpoint says of its tokenizer beside {@code tokenizer.json}: {@value #FILE}, and
 * {@value #TOKENS}. Either may be missing. Immutable and thread-safe.
 */
public final class TokenizerConfig {
  public static final String FILE = ModelDirectory.TOKENIZER_CONFIG;
  public static final String TOKENS = ModelDirectory.SPECIAL_TOKENS;

  private static final List<String> TOKEN_NAMES =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  private static final String ADDITIONAL_TOKENS = "additional_special_tokens";

  private final JsonNode configuration;
  private final JsonNode map;

  private TokenizerConfig(JsonNode configuration, JsonNode map) {
    this.configuration = configuration;
    this.map = map;
  }

  /**
   * Reads both files of one directory, whatever that holds.
   *
   * @throws UserMistake when one of them is not JSON; the message names it
   */
  public static TokenizerConfig read(Path directory) {
    return new TokenizerConfig(json(directory.resolve(FILE)), json(directory.resolve(TOKENS)));
  }

  /**
   * Reads both files of a model: an adapter's where its directory has either, else its base's.
   *
   * @throws UserMistake when one of them is not JSON; the message names it
   */
  public static TokenizerConfig read(ModelDirectory files) {
    return read(files.tokenizerConfigDirectory());
  }

  /** A field of {@value #FILE}; a missing node where it has none. */
  public JsonNode field(String name) {
    return configuration.path(name);
  }

  /**
   * The text of a special token: a string, or the content of an object.
   *
   * @param name {@code bos_token}, {@code eos_token}, …
   */
  public Optional<String> token(String name) {
    return token(first().path(name)).or(() -> token(second().path(name)));
  }

  /**
   * All special tokens by the names that a chat template knows them by; the additional ones are a
   * list.
   */
  public Map<String, Object> tokens() {
    Map<String, Object> tokens = new TreeMap<>();
    for (String name : TOKEN_NAMES) {
      token(name).ifPresent(token -> tokens.put(name, token));
    }
    JsonNode additional =
        (first().has(ADDITIONAL_TOKENS) ? first() : second()).path(ADDITIONAL_TOKENS);
    List<Object> others = new ArrayList<>();
    additional.forEach(token -> token(token).ifPresent(others::add));
    if (!others.isEmpty()) {
      tokens.put(ADDITIONAL_TOKENS, others);
    }
    return tokens;
  }

  /**
   * A file as text.
   *
   * @return empty where there is no such file
   * @throws UserMistake when it is not UTF-8
   * @throws UncheckedIOException when it cannot be read
   */
  public static Optional<String> text(Path file) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(file));
    } catch (CharacterCodingException e) {
      throw new UserMistake(file + ": not UTF-8 text; fetch it again", e);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + file, e);
    }
  }

  /** In older checkpoints, whose configuration lists no added tokens, the map of tokens wins. */
  private boolean mapWins() {
    return !configuration.has("added_tokens_decoder");
  }

  private JsonNode first() {
    return mapWins() ? map : configuration;
  }

  private JsonNode second() {
    return mapWins() ? configuration : map;
  }

  private static Optional<String> token(JsonNode node) {
    JsonNode content = node.isObject() ? node.path("content") : node;
    return content.isTextual() && !content.textValue().isEmpty()
        ? Optional.of(content.textValue())
        : Optional.empty();
  }

  private static JsonNode json(Path file) {
    return text(file)
        .map(
            content -> {
              try {
                return Json.LENIENT.readTree(content);
              } catch (JsonProcessingException e) {
                throw new UserMistake(
                    file + ": not JSON (" + e.getOriginalMessage() + "); fetch it again", e);
              }
            })
        .orElse(MissingNode.getInstance());
  }
}
