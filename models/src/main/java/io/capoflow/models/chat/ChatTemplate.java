package io.capoflow.models.chat;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
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
  static final String FILE = "chat_template.jinja";

  static final String CONFIGURATION = TokenizerConfig.FILE;
  static final String TOKENS = TokenizerConfig.TOKENS;

  /** What a prompt depends on in a checkpoint, beside its tokenizer. */
  public static final List<String> FILES = List.of(FILE, CONFIGURATION, TOKENS);

  private static final LocalDate TODAY = LocalDate.of(2024, 7, 26);

  private final Template template;
  private final Map<String, Object> tokens;

  private ChatTemplate(Template template, Map<String, Object> tokens) {
    this.template = template;
    this.tokens = tokens;
  }

  /** A template that writes no special tokens but those in its text. */
  static ChatTemplate of(String name, String source) {
    return new ChatTemplate(Template.parse(name, source), Map.of());
  }

  /**
   * The template of a checkpoint directory: {@value #FILE}, or {@code chat_template} in {@value
   * #CONFIGURATION}, which is a template or a list of named ones, among which the one named {@code
   * default} is taken.
   *
   * @return empty where there is none
   * @throws UserMistake when a file cannot be read, or the template needs what is not supported;
   *     the message names the file and the template's line
   */
  public static Optional<ChatTemplate> read(Path directory) {
    requireNonNull(directory, "directory");
    Path configurationFile = directory.resolve(CONFIGURATION);
    TokenizerConfig configuration = TokenizerConfig.read(directory);
    Optional<Template> template =
        TokenizerConfig.text(directory.resolve(FILE))
            .map(source -> Template.parse(directory.resolve(FILE).toString(), source))
            .or(
                () ->
                    configured(configurationFile, configuration.field("chat_template"))
                        .map(
                            source ->
                                Template.parse(configurationFile + " (chat_template)", source)));
    return template.map(found -> new ChatTemplate(found, configuration.tokens()));
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
