package io.capoflow.models.chat;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.UserMistake;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What makes a question the prompt that it becomes, beside the tokenizer and, for a plain prompt
 * whose tokenizer's files do not say what opens a text, the model's own {@code bos_token_id}: two
 * models whose forms are equal write the same text around the same question. Texts are kept as
 * their SHA-256; an empty one means that there is none.
 *
 * @param format the one that is used: {@code template}, {@code plain}, {@code chatml} or {@code
 *     llama3}
 * @param template of the model
 * @param specialTokens that the model's files name
 * @param variables of the template
 * @param system message of the system
 * @param instruction at the end of the question
 */
public record PromptForm(
    String format,
    String template,
    String specialTokens,
    String variables,
    String system,
    String instruction)
    implements Serializable {
  /** Of prompts of which nothing was written down. */
  public static final PromptForm UNKNOWN = new PromptForm("", "", "", "", "", "");

  public PromptForm {
    requireNonNull(format, "format");
    requireNonNull(template, "template");
    requireNonNull(specialTokens, "specialTokens");
    requireNonNull(variables, "variables");
    requireNonNull(system, "system");
    requireNonNull(instruction, "instruction");
  }

  static PromptForm of(
      PromptFormat format,
      String template,
      String specialTokens,
      String variables,
      PromptSettings settings) {
    return new PromptForm(
        name(format),
        digest(template),
        digest(specialTokens),
        digest(variables),
        digest(settings.system()),
        digest(settings.instruction()));
  }

  /** Whether it is the model's own chat template that writes the prompts. */
  public boolean usesModelsTemplate() {
    return format.equals(name(PromptFormat.TEMPLATE));
  }

  /** Of all parts. */
  public String digest() {
    return Digests.ofParts(
        "prompt-form/1", format, template, specialTokens, variables, system, instruction);
  }

  /** In what another form is another, in words; empty where the two are equal. */
  public List<String> differencesTo(PromptForm other) {
    List<String> differences = new ArrayList<>();
    if (!format.equals(other.format)) {
      differences.add("the format is %s, not %s".formatted(other.format, format));
    }
    compare("the chat template", template, other.template, differences);
    compare("the set of special tokens", specialTokens, other.specialTokens, differences);
    compare("the set of the template's variables", variables, other.variables, differences);
    compare("the system message", system, other.system, differences);
    compare("the instruction", instruction, other.instruction, differences);
    return List.copyOf(differences);
  }

  /**
   * Refuses prompts of another form.
   *
   * @param expected of the prompts so far
   * @param whose prompts these are, for the message
   * @throws UserMistake that says in what the two differ
   */
  public void requireSame(PromptForm expected, String whose) {
    List<String> differences = expected.differencesTo(this);
    if (!differences.isEmpty()) {
      throw new UserMistake(
          "%s would be asked in another form than before (%s): restore its files"
              .formatted(whose, String.join("; ", differences)));
    }
  }

  private static void compare(String part, String before, String now, List<String> differences) {
    if (!before.equals(now)) {
      differences.add(
          part
              + (before.isEmpty() ? " was not there" : now.isEmpty() ? " is missing" : " differs"));
    }
  }

  private static String name(PromptFormat format) {
    return format.name().toLowerCase(Locale.ROOT);
  }

  private static String digest(String text) {
    return text.isEmpty() ? "" : Digests.ofParts(text);
  }
}
