package io.capoflow.models.chat;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.text.HfTokenizer;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Writes chat messages as the prompts of one model. Roles and contents are untrusted: a special
 * token that they spell stays text; for messages that spell none, the ids are those of the whole
 * rendered prompt. No token is added around it. Immutable and thread-safe.
 */
public final class Prompts {
  /** Without any template. */
  public static final Prompts PLAIN =
      new Prompts(PromptFormat.PLAIN, Optional.empty(), List.of(), Map.of());

  private static final String CHATML_TURNS =
      "{% for message in messages %}"
          + "{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
          + "{% endfor %}"
          + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

  private static final String LLAMA3_TURNS =
      "{{ '<|begin_of_text|>' }}{% for message in messages %}"
          + "{{ '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' }}"
          + "{{ message.content | trim + '<|eot_id|>' }}{% endfor %}"
          + "{% if add_generation_prompt %}"
          + "{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}";

  private static final ChatTemplate CHATML = ChatTemplate.of("chatml", CHATML_TURNS);
  private static final ChatTemplate LLAMA3 = ChatTemplate.of("llama3", LLAMA3_TURNS);

  private static final List<String> CHATML_TOKENS = List.of("<|im_start|>", "<|im_end|>");
  private static final List<String> LLAMA3_TOKENS =
      List.of("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>");

  private final PromptFormat format;
  private final Optional<ChatTemplate> template;
  private final List<String> needed;
  private final Map<String, Object> variables;

  private Prompts(
      PromptFormat format,
      Optional<ChatTemplate> template,
      List<String> needed,
      Map<String, Object> variables) {
    this.format = format;
    this.template = template;
    this.needed = needed;
    this.variables = variables;
  }

  /**
   * Prompts of a checkpoint.
   *
   * @throws UserMistake when its template cannot be used, when it lacks the template that is asked
   *     for, or when that template knows nothing of a variable
   */
  public static Prompts read(PromptSettings settings, Path directory) {
    requireNonNull(settings, "settings");
    requireNonNull(directory, "directory");
    Map<String, Object> variables = TemplateVariables.parse(settings.variables());
    return switch (settings.format()) {
      case PLAIN -> PLAIN;
      case CHATML -> new Prompts(settings.format(), Optional.of(CHATML), CHATML_TOKENS, Map.of());
      case LLAMA3 -> new Prompts(settings.format(), Optional.of(LLAMA3), LLAMA3_TOKENS, Map.of());
      case AUTO, TEMPLATE -> {
        Optional<ChatTemplate> own = ChatTemplate.read(directory);
        requireUsable(settings, directory, own, variables);
        yield new Prompts(settings.format(), own, List.of(), variables);
      }
    };
  }

  /**
   * Token ids of the prompt that asks for the assistant's next message.
   *
   * @param bosId opens a plain prompt where the tokenizer's files do not say whether a token does;
   *     templates write it themselves
   * @throws UserMistake when the template refuses the messages, or the tokenizer lacks the tokens
   *     of the format
   */
  public int[] encode(List<Message> messages, HfTokenizer tokenizer, OptionalInt bosId) {
    if (template.isEmpty()) {
      return tokenizer.encodePrompt(messages, bosId);
    }
    for (String token : needed) {
      if (tokenizer.specialTokenId(token).isEmpty()) {
        throw new UserMistake(
            "prompt_format %s needs the special token %s, which the model's tokenizer lacks; name another format"
                .formatted(format.name().toLowerCase(Locale.ROOT), token));
      }
    }
    List<Message> disarmed =
        messages.stream()
            .map(
                message ->
                    new Message(
                        tokenizer.disarm(message.getRole()),
                        tokenizer.disarm(message.getContent())))
            .toList();
    return tokenizer.encodeDisarmed(template.get().render(disarmed, true, variables));
  }

  private static void requireUsable(
      PromptSettings settings,
      Path directory,
      Optional<ChatTemplate> template,
      Map<String, Object> variables) {
    if (template.isEmpty()
        && (settings.format() == PromptFormat.TEMPLATE || !variables.isEmpty())) {
      throw new UserMistake(
          "%s has no chat template (%s, or chat_template in %s), which %s needs; add one, or leave that out"
              .formatted(
                  directory,
                  ChatTemplate.FILE,
                  ChatTemplate.CONFIGURATION,
                  variables.isEmpty() ? "prompt_format template" : "template_variables"));
    }
    for (String name : variables.keySet()) {
      if (!template.orElseThrow().variables().contains(name)) {
        throw new UserMistake(
            "template_variables: the chat template of %s has no variable %s; it has %s"
                .formatted(directory, name, String.join(", ", template.orElseThrow().variables())));
      }
    }
  }
}
