package io.capoflow.models.chat;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.text.HfTokenizer;
import io.capoflow.models.text.TokenizerConfig;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * Writes chat messages as the prompts of one model. Roles and contents are untrusted: a special
 * token that they spell stays text; for messages that spell none, the ids are those of the whole
 * rendered prompt. No token is added around it. Immutable and thread-safe.
 */
public final class Prompts {
  /** Without any template. */
  public static final Prompts PLAIN = plain();

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

  private final PromptSettings settings;
  private final PromptForm form;
  private final Optional<ChatTemplate> template;
  private final List<String> needed;

  private Prompts(
      PromptSettings settings,
      PromptForm form,
      Optional<ChatTemplate> template,
      List<String> needed) {
    this.settings = settings;
    this.form = form;
    this.template = template;
    this.needed = needed;
  }

  /**
   * Prompts of a model; what an adapter's directory lacks comes from its base.
   *
   * @throws UserMistake when its template cannot be used, when it lacks the template that is asked
   *     for, or when that template knows nothing of a variable
   */
  public static Prompts read(PromptSettings settings, Path directory) {
    return read(settings, ModelDirectory.of(directory));
  }

  /** The same where the model's files are found already. */
  public static Prompts read(PromptSettings settings, ModelDirectory files) {
    requireNonNull(settings, "settings");
    requireNonNull(files, "files");
    return switch (settings.format()) {
      case PLAIN -> plain(settings, files);
      case CHATML -> fixed(settings, CHATML, CHATML_TOKENS);
      case LLAMA3 -> fixed(settings, LLAMA3, LLAMA3_TOKENS);
      case AUTO, TEMPLATE -> {
        Optional<ChatTemplate> own = ChatTemplate.read(files);
        requireUsable(settings, files, own);
        yield own.map(found -> templated(settings, found)).orElseGet(() -> plain(settings, files));
      }
    };
  }

  private static Prompts plain() {
    PromptSettings settings = new PromptSettings(PromptFormat.PLAIN, List.of());
    return new Prompts(
        settings,
        PromptForm.of(PromptFormat.PLAIN, "", "", "", settings),
        Optional.empty(),
        List.of());
  }

  private static Prompts plain(PromptSettings settings, ModelDirectory files) {
    TokenizerConfig configuration = TokenizerConfig.read(files);
    // They decide whether a token opens the text, and which.
    String tokens =
        "%s;%s;%s"
            .formatted(
                configuration.tokens(),
                configuration.field("add_bos_token"),
                // null says that there is none, and a missing one says nothing.
                configuration.field("bos_token"));
    return new Prompts(
        settings,
        PromptForm.of(PromptFormat.PLAIN, "", tokens, "", settings),
        Optional.empty(),
        List.of());
  }

  private static Prompts fixed(
      PromptSettings settings, ChatTemplate template, List<String> needed) {
    return new Prompts(
        settings,
        PromptForm.of(settings.format(), template.source().text(), "", "", settings),
        Optional.of(template),
        needed);
  }

  private static Prompts templated(PromptSettings settings, ChatTemplate template) {
    Map<String, Object> variables = variables(settings);
    return new Prompts(
        settings,
        PromptForm.of(
            PromptFormat.TEMPLATE,
            template.source().text(),
            template.tokens().toString(),
            variables.isEmpty() ? "" : new TreeMap<>(variables).toString(),
            settings),
        Optional.of(template),
        List.of());
  }

  private static Map<String, Object> variables(PromptSettings settings) {
    return TemplateVariables.parse(settings.variables());
  }

  /** What makes a question the prompt that it becomes here. */
  public PromptForm form() {
    return form;
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
    List<Message> complete = settings.complete(messages);
    if (template.isEmpty()) {
      return tokenizer.encodePrompt(complete, bosId);
    }
    for (String token : needed) {
      if (tokenizer.specialTokenId(token).isEmpty()) {
        throw new UserMistake(
            "prompt_format %s needs the special token %s, which the model's tokenizer lacks; name another format"
                .formatted(form.format(), token));
      }
    }
    List<Message> disarmed =
        complete.stream()
            .map(
                message ->
                    new Message(
                        tokenizer.disarm(message.getRole()),
                        tokenizer.disarm(message.getContent())))
            .toList();
    return tokenizer.encodeDisarmed(template.get().render(disarmed, true, variables(settings)));
  }

  /**
   * Tries whether the template takes messages of such roles, without any tokenizer.
   *
   * @throws UserMistake when it refuses them
   */
  public void requireAccepted(List<Message> messages) {
    template.ifPresent(
        found -> found.render(settings.complete(messages), true, variables(settings)));
  }

  private static void requireUsable(
      PromptSettings settings, ModelDirectory files, Optional<ChatTemplate> template) {
    Map<String, Object> variables = variables(settings);
    Path directory = files.adapter().orElse(files.base());
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
