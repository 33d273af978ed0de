package io.capoflow.models.chat;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.jinja.Template;
import io.capoflow.models.text.TokenizerConfig;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A chat template with the special tokens it writes, rendered as {@code apply_chat_template} of
 * transformers renders it without tools and documents. {@code strftime_now} formats a fixed day,
 * the one that Llama's templates fall back on: a prompt must not depend on when it is written.
 *
 * <p>Immutable and thread-safe.
 */
public final class ChatTemplate {
  /** The template in a file of its own, which wins over the one in the configuration. */
  static final String FILE = ModelDirectory.CHAT_TEMPLATE;

  static final String CONFIGURATION = TokenizerConfig.FILE;
  static final String TOKENS = TokenizerConfig.TOKENS;

  private static final LocalDate TODAY = LocalDate.of(2024, 7, 26);

  private final Source source;
  private final Template template;
  private final Map<String, Object> tokens;

  private ChatTemplate(Source source, Map<String, Object> tokens) {
    this.source = source;
    this.template = Template.parse(source.place(), source.text());
    this.tokens = tokens;
  }

  /**
   * A template as it is written.
   *
   * @param place the file, and the field where it is one of many
   * @param text of the template
   */
  public record Source(String place, String text) {
    public Source {
      requireNonNull(place, "place");
      requireNonNull(text, "text");
    }
  }

  /** A template that writes no special tokens but those in its text. */
  static ChatTemplate of(String name, String source) {
    return new ChatTemplate(new Source(name, source), Map.of());
  }

  /**
   * The template of a model's directory: {@value #FILE}, or {@code chat_template} in {@value
   * #CONFIGURATION}, which is a template or a list of named ones, among which the one named {@code
   * default} is taken. Where an adapter's directory has neither, its base's.
   *
   * @return empty where there is none
   * @throws UserMistake when a file cannot be read, or the template needs what is not supported;
   *     the message names the file and the template's line
   */
  public static Optional<ChatTemplate> read(Path directory) {
    return read(ModelDirectory.of(directory));
  }

  /** The same where the model's files are found already. */
  public static Optional<ChatTemplate> read(ModelDirectory files) {
    return find(files)
        .map(source -> new ChatTemplate(source, TokenizerConfig.read(files).tokens()));
  }

  /**
   * Where the template is written that {@link #read} takes, and its text.
   *
   * @throws UserMistake when a file cannot be read
   */
  public static Optional<Source> find(ModelDirectory files) {
    return files.chatTemplateDirectories().stream()
        .flatMap(directory -> written(directory).stream())
        .findFirst();
  }

  private static Optional<Source> written(Path directory) {
    Path own = directory.resolve(FILE);
    Path configuration = directory.resolve(CONFIGURATION);
    return TokenizerConfig.text(own)
        .map(text -> new Source(own.toString(), text))
        .or(
            () ->
                configured(configuration, TokenizerConfig.read(directory).field("chat_template"))
                    .map(text -> new Source(configuration + " (chat_template)", text)));
  }

  /**
   * The prompt.
   *
   * @param variables of the template, beside the messages and the special tokens
   * @param addGenerationPrompt whether the assistant's turn is opened at the end
   * @throws UserMistake when the template refuses the messages
   */
  public String render(
      List<Message> messages, boolean addGenerationPrompt, Map<String, Object> variables) {
    Map<String, Object> all = new HashMap<>(tokens);
    all.putAll(variables);
    List<Object> plain = new ArrayList<>();
    for (Message message : messages) {
      plain.add(Map.of("role", message.getRole(), "content", message.getContent()));
    }
    all.put("messages", plain);
    all.put("tools", null);
    all.put("documents", null);
    all.put("add_generation_prompt", addGenerationPrompt);
    return template.render(all, TODAY);
  }

  /** The template as it is written. */
  public Source source() {
    return source;
  }

  /** The special tokens that it can name, as the model's files have them. */
  Map<String, Object> tokens() {
    return tokens;
  }

  /** Names of all variables that the template reads. */
  Set<String> variables() {
    return template.variables();
  }

  private static Optional<String> configured(Path file, JsonNode template) {
    if (template.isTextual()) {
      return Optional.of(template.textValue());
    }
    if (template.isMissingNode() || template.isNull()) {
      return Optional.empty();
    }
    for (JsonNode named : template) {
      if (named.path("name").asText().equals("default") && named.path("template").isTextual()) {
        return Optional.of(named.path("template").textValue());
      }
    }
    throw new UserMistake(file + ": field chat_template holds no template named default; add one");
  }
}
